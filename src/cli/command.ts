import type { OptionTable } from './options.js'

/** One word after `promhive`. */
export interface Command {
  readonly name: string
  /** One line for the overview. */
  readonly summary: string
  readonly usage: string
  readonly options: OptionTable
  /** Resolves to the exit code; a server resolves when it has been stopped. */
  run(args: readonly string[]): Promise<number>
}
