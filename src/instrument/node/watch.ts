/** A timer or an observer that runs while it is needed. */
export abstract class Watch {
  private readonly users = new Set<object>()

  use(user: object): void {
    if (this.users.size === 0) this.start()
    this.users.add(user)
  }

  /** The last owner that releases it stops it. */
  release(user: object): void {
    if (this.users.delete(user) && this.users.size === 0) this.stop()
  }

  protected abstract start(): void
  protected abstract stop(): void
}
