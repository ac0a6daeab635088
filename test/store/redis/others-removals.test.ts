import { expect, test } from 'vitest'
import type { MetricsError } from '../../../src/model/errors.js'
import { removalText } from '../../../src/store/redis/entry.js'
import { OthersRemovals } from '../../../src/store/redis/others-removals.js'

const textsOf = (...names: string[]) =>
  names.map((name) => removalText({ author: 'other', registry: 'default', name, labels: {} }))

function failingFor(...broken: string[]) {
  const removed: string[] = []
  const errors: MetricsError[] = []
  const others = new OthersRemovals({
    removed(removals) {
      for (const { name } of removals) if (broken.includes(name)) throw new Error(`${name} is read-only`)
      for (const { name } of removals) removed.push(name)
    },
    onError: (error) => errors.push(error),
  })
  return { others, removed, errors, repair: () => broken.splice(0) }
}

test('a removal that fails does not hold back later ones, which are carried out once', async () => {
  const { others, removed, errors, repair } = failingFor('b')
  await others.follow('own', 13, textsOf('a', 'b', 'c'))
  expect(removed).toEqual(['a', 'c'])
  // Redis returns removals that are not carried out again, and those after them.
  expect(others.seen).toBe(11)
  await others.follow('own', 14, textsOf('b', 'c', 'd'))
  expect(removed).toEqual(['a', 'c', 'd'])
  expect(others.seen).toBe(11)
  expect(errors).toHaveLength(1)
  repair()
  await others.follow('own', 14, textsOf('b', 'c', 'd'))
  expect(removed).toEqual(['a', 'c', 'd', 'b'])
  expect(others.seen).toBe(14)
})

test('a removal that always fails is skipped in the end, and that is reported', async () => {
  const { others, removed, errors } = failingFor('a')
  for (let flush = 1; others.seen < 12 && flush <= 1000; flush++) await others.follow('own', 12, textsOf('a', 'b'))
  expect(others.seen).toBe(12)
  expect(removed).toEqual(['b'])
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('it is tried again with each flush'),
    expect.stringContaining('after 300 attempts they stay: remove them again'),
  ])
})
