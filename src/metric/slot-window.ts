import type { Slots } from '../store/contract.js'

/**
 * A segment of slots at one state of the store's gate. All series that were opened in it since then share one window; a
 * child itself has only its position in it.
 */
export class SlotWindow {
  constructor(
    readonly values: Float64Array,
    readonly words: Int32Array,
    readonly epoch: number,
    /**
     * Compared with `seen` at every write: they differ before the first one, and after any process has removed series.
     */
    readonly gate: Int32Array,
    readonly seen: number,
  ) {}
}

/** The window of a series that has not been opened yet. */
export const noWindow = new SlotWindow(new Float64Array(0), new Int32Array(0), 0, new Int32Array(1), -1)

const latest = new WeakMap<Float64Array, SlotWindow>()

/** @param seen the value of the gate before the slots were requested */
export function windowOf({ values, words, epoch }: Slots, gate: Int32Array, seen: number): SlotWindow {
  const known = latest.get(values)
  if (known?.seen === seen && known.gate === gate && known.epoch === epoch) return known
  const window = new SlotWindow(values, words, epoch, gate, seen)
  latest.set(values, window)
  return window
}
