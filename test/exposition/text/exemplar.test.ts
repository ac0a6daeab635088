import { expect, test } from 'vitest'
import { formatExemplar } from '../../../src/exposition/text/exemplar.js'

test('an exemplar is its labels, its value, and its time if it is known', () => {
  expect(formatExemplar({ labels: { trace_id: 'abc', span_id: '1' }, value: 0.5, timestamp: 1732160000.123 })).toBe(
    ' # {trace_id="abc",span_id="1"} 0.5 1732160000.123',
  )
  expect(formatExemplar({ labels: {}, value: Infinity })).toBe(' # {} +Inf')
})

test('its label values are escaped', () => {
  expect(formatExemplar({ labels: { a: '"\\\n' }, value: 1 })).toBe(' # {a="\\"\\\\\\n"} 1')
})

test('it may have 128 code points of labels, however many bytes they are', () => {
  expect(formatExemplar({ labels: { abc: '💥'.repeat(125) }, value: 1 })).toContain('💥')
  expect(formatExemplar({ labels: { abc: '💥'.repeat(126) }, value: 1 })).toBe('')
  expect(formatExemplar({ labels: { abc: 'x'.repeat(61), defg: 'x'.repeat(61) }, value: 1 })).toBe('')
})

test.each(['', '1a', 'a-b', 'größe'])('one with a label named %j is omitted', (name) => {
  expect(formatExemplar({ labels: { [name]: 'x' }, value: 1 })).toBe('')
})
