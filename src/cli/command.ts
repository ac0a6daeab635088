import type { OptionTable } from './options.js'

/** A command of `promhive`. */
export interface Command {
  readonly name: string
  /** The line in the overview. */
  readonly summary: string
  readonly usage: string
  readonly options: OptionTable
  /** Runs the command; resolves to the exit code. A server resolves when it has been stopped. */
  run(args: readonly string[]): Promise<number>
}
