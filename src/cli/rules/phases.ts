/**
 * The phases of an alert's test, in samples: all is well, the fault, and all is well again. The last one is longer than the
 * longest window of a rule.
 */
const [before, during, after] = [80, 120, 140]

/** Seconds between two samples. */
export const testInterval = 15

/** The end of each phase, shortly before the next one begins. */
export const phaseEnds = { before: '19m', during: '48m', after: '84m' } as const

/** A gauge with one value in each phase. */
export function levels(first: number, second: number, third = first): string {
  return `${first}x${before - 1} ${second}x${during - 1} ${third}x${after - 1}`
}

/** A counter that rises by one of these amounts from sample to sample. */
export function rises(first: number, second: number, third = first): string {
  const then = first * before
  const last = then + second * during
  return `0+${first}x${before - 1} ${then}+${second}x${during - 1} ${last}+${third}x${after - 1}`
}

/** A point of time whose age is this number of seconds in each phase. The time of a test begins at 0. */
export function ages(first: number, second: number, third = first): string {
  const [start, end] = [before * testInterval, (before + during) * testInterval]
  return `${-first}+${testInterval}x${before - 1} ${start - second}+${testInterval}x${during - 1} ${end - third}+${testInterval}x${after - 1}`
}

/** A counter that appears at the beginning of the second phase. */
export function appears(value: number): string {
  return `_x${before} ${value}x${during + after - 1}`
}

/** The labels of the target in the tests. */
export const target = { job: 'shop', instance: 'a' } as const
