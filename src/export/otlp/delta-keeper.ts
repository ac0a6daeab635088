import type { Gathered } from '../../gather/gatherer.js'

/** Keeps numbers where the next process that sends finds them, however this one ends. */
export interface DeltaKeeper {
  /** Returns the kept numbers of a gathering; undefined if the gathering is not of this application. */
  read(gathered: Gathered): KeptNumbers | undefined
  /** Adds to a number, which is 0 at first. */
  add(name: string, change: number): void
  /** Removes numbers; returns false if that is not possible now. */
  forget(names: readonly string[]): boolean
  /** Makes the changes visible to other processes. */
  flush(): void | Promise<void>
}

/** The kept numbers at the moment of a gathering. */
export interface KeptNumbers {
  get(name: string): number
  entries(): Iterable<readonly [name: string, number: number]>
}
