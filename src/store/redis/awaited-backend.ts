import type { Lease } from '../../model/lease.js'
import { held } from '../../platform/held.js'
import type { Backend, BackendContext, Source, Store } from '../contract.js'

type AwaitedParts = Omit<Backend, 'close' | 'lease'> & { flush(): Promise<boolean>; close(): Promise<void> }

/** A backend for applications: its promises keep the process running until they settle. */
export class AwaitedBackend implements Backend {
  readonly shared = true

  /**
   * @param lease returns the lease of a task that one process of the service does
   * @param identity identifies the storage, without credentials
   */
  constructor(
    private readonly backend: AwaitedParts,
    readonly lease: (task: string) => Lease,
    readonly identity?: string | undefined,
    readonly directory?: string | undefined,
  ) {}

  get name(): string {
    return this.backend.name
  }

  begin(context: BackendContext): void {
    this.backend.begin?.(context)
  }

  openStore(): Store {
    return this.backend.openStore()
  }

  openSource(): Source {
    return this.backend.openSource()
  }

  flush(): Promise<boolean> {
    return held(this.backend.flush())
  }

  close(): Promise<void> {
    return held(this.backend.close())
  }
}
