import { expect, test } from 'vitest'
import { grown, HashChains } from '../../../src/model/series-index/hash-chains.js'

/** The entries of the chain of a hash. */
function chainOf(chains: HashChains, hash: number): number[] {
  const entries: number[] = []
  for (let entry = chains.first(hash); entry !== 0; entry = chains.next[entry]!) entries.push(entry)
  return entries
}

test('entries are in the chain of their hash, however many there are', () => {
  const chains = new HashChains((entry) => entry % 100)
  for (let entry = 1; entry <= 1000; entry++) chains.add(entry)
  expect(chainOf(chains, 7).filter((entry) => entry % 100 === 7).length).toBe(10)
  for (const entry of [107, 907, 7]) chains.delete(entry)
  const left = chainOf(chains, 7).filter((entry) => entry % 100 === 7)
  expect(left.sort((a, b) => a - b)).toEqual([207, 307, 407, 507, 607, 707, 807])
})

test('entries that went come back', () => {
  const chains = new HashChains((entry) => entry)
  for (let round = 0; round < 3; round++) {
    for (let entry = 1; entry <= 50; entry++) chains.add(entry)
    for (let entry = 1; entry <= 50; entry++) expect(chainOf(chains, entry)).toContain(entry)
    for (let entry = 50; entry >= 1; entry--) chains.delete(entry)
    expect(chainOf(chains, 1)).toEqual([])
  }
})

test('growing preserves the entries', () => {
  expect([...grown(Int32Array.of(1, 2), 3)]).toEqual([1, 2, 0])
  expect(grown(new Uint8Array(1000), 1001).length).toBe(1250)
})
