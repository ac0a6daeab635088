import { describe, expect, test } from 'vitest'
import { checkOptions, checkSpelling } from '../../src/model/known-options.js'

const known = { labelNames: true, buckets: true, help: true } as const

describe('an option that does not exist is refused', () => {
  test.each([
    ['labelnames', 'labelNames'],
    ['label_names', 'labelNames'],
    ['labels', 'labelNames'],
    ['bucket', 'buckets'],
    ['bukcets', 'buckets'],
    ['documentation', 'help'],
  ])('%s, and %s may be meant', (name, meant) => {
    expect(() => checkOptions('x', { [name]: 1 }, known)).toThrow(
      `x: there is no option "${name}"; did you mean "${meant}"?`,
    )
  })

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'quite different'])('%s', (name) => {
    const options = Object.fromEntries([[name, 1]])
    expect(() => checkOptions('x', options, known)).toThrow(
      `x: there is no option "${name}"; the options are labelNames, buckets, help`,
    )
  })

  test('but not one that is undefined, one that is accepted, or one of a prototype', () => {
    checkOptions('x', { labels: undefined, aggregator: 'sum', help: 'x' }, known, { aggregator: true })
    checkOptions('x', Object.create({ labels: 1 }), known)
    checkOptions('x', Object.assign(Object.create(null), { help: 1 }), known)
  })

  test('and null, which a default parameter does not replace', () => {
    expect(() => checkOptions('x', null, known)).toThrow('x: options must be an object, got null')
  })

  test.each([[undefined], ['text'], [7]])('and %j has none', (options) => {
    expect(() => checkOptions('x', options, known)).not.toThrow()
  })
})

describe('where an object has properties of its own', () => {
  test('a name that is almost an option which is missing is refused', () => {
    expect(() => checkSpelling('x', { bukets: 1 }, known)).toThrow(
      'x: there is no option "bukets"; did you mean "buckets"?',
    )
  })

  test('any other name passes', () => {
    checkSpelling('x', { folder: 1, table: 2 }, known)
    checkSpelling('x', { buckets: 1, bucket: 2 }, known)
  })
})
