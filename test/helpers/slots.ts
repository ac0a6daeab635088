import type { SlotArea, SlotLayout } from '../../src/model/layout/slot-layout.js'

/** Some zeroed slots, as a store hands them out. */
export function area(length: number): SlotArea & { readonly values: Float64Array } {
  const values = new Float64Array(length)
  return { values, words: new Int32Array(values.buffer) }
}

/** Slots holding these values, with their words. */
export function areaOf(...given: number[]): SlotArea & { readonly values: Float64Array } {
  const slots = area(given.length)
  slots.values.set(given)
  return slots
}

/** The content of a store after each single write: the states that a crash can leave. */
export function statesOf(values: Float64Array, change: (watched: Float64Array) => void): Float64Array[] {
  const states: Float64Array[] = []
  const watched = new Proxy(values, {
    get: (target, slot) => Reflect.get(target, slot),
    set(target, slot, value) {
      Reflect.set(target, slot, value)
      states.push(target.slice())
      return true
    },
  })
  change(watched)
  return states
}

/** The merged value of some writers, or undefined when there is none to show. */
export function mergedValue(
  layout: SlotLayout,
  writers: readonly { slots: Float64Array; live: boolean; epoch: number }[],
): number | undefined {
  const into = new Float64Array(layout.mergedWidth)
  for (const { slots, live, epoch } of writers) {
    if (live || layout.keepsDead) layout.combine(into, 0, slots, 0, { live, epoch, now: 0 })
  }
  return layout.present(into, 0) ? into[1] : undefined
}
