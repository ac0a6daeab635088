import fc from 'fast-check'
import * as promClient from 'prom-client'
import { expect, test } from 'vitest'
import { escapeLabelValue } from '../../src/exposition/text/escape.js'
import * as promhive from '../../src/index.js'
import { holds } from '../helpers/property.js'
import { type ComparedFamily, familiesOf, familiesOfJson } from './exposition-lines.js'
import { Application, type Definition, type Labels, nameOf, type Operation, operation } from './operations.js'

/**
 * Where promhive shows or does something else than prom-client 15.1.3, on purpose. What is not in this table is the same.
 *
 * | difference                                             | reason                                                         |
 * |--------------------------------------------------------|----------------------------------------------------------------|
 * | families, series, labels come in order (1)             | every process of an application writes the same text           |
 * | no blank line between families, nothing when empty (1) | the format needs none                                          |
 * | `NaN`, not `Nan` (2)                                   | the format's spelling                                          |
 * | a label that is undefined is omitted (3)               | prom-client shows `a="undefined"`; an absent label is no text  |
 * | and then the default label of that name is shown (3)   | default labels are for series that have none of their own      |
 * | a metric without labels never vanishes (4)             | prom-client drops it after remove(), a histogram after reset() |
 * | a counter refuses NaN, '' and false (5)                | prom-client accepts falsy values: it then stays NaN            |
 * | a gauge's inc(null) and dec(null) move it by 1 (6)     | as a counter's inc(null) does, in both libraries               |
 * | a gauge's dec() refuses other types (7)                | prom-client's inc() does, its dec() converts the value         |
 * | observe() takes Infinity and -Infinity (8)             | they belong to a bucket, and other official clients take them  |
 * | zero() refuses undeclared labels (9)                   | as every other verb does, in both libraries                    |
 * | in JSON a series' own labels win (10)                  | as in text, in both libraries; there prom-client replaces them |
 * | an empty label is none at all                          | so it is to Prometheus: two lines would be one series twice    |
 * | label values never collide                             | prom-client joins `1,b:2` and `1`, `2`; no example has these   |
 * | bounds must ascend, and -1 is one like any other       | prom-client counts overflow at -1; no example has these        |
 */
function onlyOneDoes(operation: Operation, definition: Definition | undefined): boolean {
  if (definition === undefined) return false
  const { type, labelNames } = definition
  if (operation.do === 'zero') {
    return type === 'histogram' && Object.keys(operation.labels).some((name) => !labelNames.includes(name)) // (9)
  }
  if (!('amount' in operation)) return false
  const { amount } = operation
  if (type === 'counter') return Number.isNaN(amount) || amount === '' || amount === false // (5)
  if (type === 'gauge' && operation.do === 'dec') return amount !== undefined && typeof amount !== 'number' // (7)
  if (type === 'gauge') return amount === null && operation.do === 'inc' // (6)
  return amount === Infinity || amount === -Infinity // (8)
}

/** prom-client's text as promhive would have it. (1) is the form of what is compared. */
function asOurs(text: string, defaultLabels: Labels): Map<string, ComparedFamily> {
  return familiesOf(text, (labels, value) => {
    for (const [name, shown] of labels) {
      if (shown !== 'undefined') continue
      if (defaultLabels[name] === undefined)
        labels.delete(name) // (3)
      else labels.set(name, escapeLabelValue(String(defaultLabels[name]))) // (3)
    }
    return value === 'Nan' ? 'NaN' : value // (2)
  })
}

/** (4) */
function withoutIdle(family: ComparedFamily, theirs: ComparedFamily, { labelNames }: Definition): ComparedFamily {
  const idle = family.samples.every((line) => line.endsWith(' 0'))
  return labelNames.length === 0 && theirs.samples.length === 0 && idle ? { ...family, samples: [] } : family
}

async function compare(operations: readonly Operation[]): Promise<void> {
  const [our, their] = [new Application(promhive as never), new Application(promClient as never)]
  let defaultLabels: Labels = {}
  for (const operation of operations) {
    if ('metric' in operation && onlyOneDoes(operation, our.definitions[operation.metric])) continue
    if (operation.do === 'setDefaultLabels') defaultLabels = operation.labels
    if (operation.do === 'clear') defaultLabels = {}
    expect(our.run(operation), `throws: ${fc.stringify(operation)}`).toBe(their.run(operation))
  }
  const text = [await our.registry.metrics(), await their.registry.metrics()] as const
  expectSame(our.definitions, familiesOf(text[0]), asOurs(text[1], defaultLabels))
  if (Object.keys(defaultLabels).length > 0) return // (10)
  const json = [await our.registry.getMetricsAsJSON(), await their.registry.getMetricsAsJSON()] as const
  expectSame(our.definitions, familiesOfJson(json[0]), familiesOfJson(json[1]))
}

type Families = Map<string, ComparedFamily>

function expectSame(definitions: readonly (Definition | undefined)[], ours: Families, theirs: Families): void {
  for (const [index, definition] of definitions.entries()) {
    const [one, other] = [ours.get(nameOf(index)), theirs.get(nameOf(index))]
    if (definition !== undefined && one !== undefined && other !== undefined) {
      ours.set(nameOf(index), withoutIdle(one, other, definition))
    }
  }
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs))
}

test('random applications show the same with prom-client 15.1.3, but for the table above', async () => {
  const operations = fc.array(operation, { minLength: 3, maxLength: 60, size: 'max' })
  await holds(fc.asyncProperty(operations, compare), 300)
})
