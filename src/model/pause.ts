/** Cuts long work into slices, so that the event loop keeps turning between them. */
export interface Pause {
  /** Whether the present slice has lasted long enough. */
  due(): boolean
  /** Lets the event loop turn, and begins the next slice. */
  rest(): Promise<void>
}
