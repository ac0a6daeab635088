/** Cuts long work into slices, between which the event loop runs. */
export interface Pause {
  /** Whether the current slice has lasted long enough. */
  due(): boolean
  /** Lets the event loop run, and begins the next slice. */
  rest(): Promise<void>
}
