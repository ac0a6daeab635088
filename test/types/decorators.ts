// `measure` as a decorator of both forms, and what a measured function is to the compiler. A test compiles this file with
// standard decorators and with `experimentalDecorators`, and runs both.
import { measure, Registry } from 'promhive'

export const registry = new Registry({ scope: 'process' })
const registers = [registry]

export class Mailer {
  constructor(private readonly host: string) {}

  @measure({ name: 'mail', registers, labelNames: ['to'], labels: (to: string) => ({ to }) })
  async send(to: string, size = 1): Promise<string> {
    if (size > 9) throw new RangeError('too large')
    return `${to} by ${this.host}`
  }

  @measure({ name: 'parse', registers })
  static parse(text: string): readonly string[] {
    return text.split(',')
  }

  // @ts-expect-error a measured function takes the arguments of the method
  @measure<(to: number) => string>({ name: 'other', registers })
  other(to: string): string {
    return to
  }
}

export const sum: (a: number, b: number) => number = measure((a: number, b: number) => a + b, {
  name: 'sum',
  registers,
})
export const times = measure({ name: 'times', registers })((a: number, b: number): number => a * b)

const first = measure(<T>(all: readonly T[]): T | undefined => all[0], { name: 'first', registers })
export const letter: string | undefined = first(['a'])
// @ts-expect-error a generic function stays generic
export const digit: number | undefined = first(['a'])

measure(async (queue: string) => queue.length, {
  name: 'job',
  registers,
  labelNames: ['queue'],
  labels: (queue) => ({ queue: queue.toUpperCase() }),
  resultLabelNames: ['size'],
  resultLabels: (length) => ({ size: length?.toFixed() }),
})
/** Wrong use, for the compiler only. */
export function wrong(): void {
  measure((queue: string) => queue, {
    name: 'job2',
    registers,
    labelNames: ['queue'],
    // @ts-expect-error a label that was not declared
    labels: (queue) => ({ queues: queue }),
  })
  // @ts-expect-error an option that is none
  measure((queue: string) => queue, { name: 'job3', registers, label: { queue: 'x' } })
  // @ts-expect-error no name
  measure((queue: string) => queue, { registers })
  // @ts-expect-error a number is no function
  measure(7, { name: 'job4', registers })
}
