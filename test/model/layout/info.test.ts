import { expect, test } from 'vitest'
import { infoLayout } from '../../../src/model/layout/info.js'
import { area, mergedValue } from '../../helpers/slots.js'

/** An info that an owner of the seat has set. */
function said(epoch: number, slots = area(1)): Float64Array {
  infoLayout.claim(slots, 0, epoch)
  return slots.values
}

test('an info is one slot, and if many writers set the same one the value is 1', () => {
  expect(infoLayout).toMatchObject({ width: 1, mergedWidth: 2, sequenced: false, keepsDead: false, perWriter: false })
  expect(infoLayout.additiveFrom).toBeUndefined()
  expect(
    mergedValue(
      infoLayout,
      [1, 2, 3].map((epoch) => ({ slots: said(epoch), live: true, epoch })),
    ),
  ).toBe(1)
})

test('the info of a dead writer disappears, for its seat as well', () => {
  expect(mergedValue(infoLayout, [{ slots: said(1), live: false, epoch: 1 }])).toBeUndefined()
  expect(mergedValue(infoLayout, [{ slots: said(1), live: true, epoch: 2 }])).toBeUndefined()
})

test('the next owner of a seat may set the same one', () => {
  const slots = area(1)
  said(1, slots)
  said(2, slots)
  expect(mergedValue(infoLayout, [{ slots: slots.values, live: true, epoch: 2 }])).toBe(1)
})

test('carried to another store it is set there', () => {
  const there = area(1)
  infoLayout.claim(there, 0, 7)
  infoLayout.carry(there, 0, { values: said(1), words: new Int32Array(2) }, 0, 7, 0)
  expect(mergedValue(infoLayout, [{ slots: there.values, live: true, epoch: 7 }])).toBe(1)
})
