import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeHelp, escapeLabelValue } from '../../../src/exposition/text/escape.js'
import { holds } from '../../helpers/property.js'

test('a label value escapes backslash, quote and line feed, each of them', () => {
  expect(escapeLabelValue('a\\b"c\nd\\n"\n')).toBe('a\\\\b\\"c\\nd\\\\n\\"\\n')
})

test('a help text escapes backslash and line feed, and leaves quotes alone', () => {
  expect(escapeHelp('a\\b"c\nd\\n"\n')).toBe('a\\\\b"c\\nd\\\\n"\\n')
})

test.each(['', 'GET', 'größe', '✓ 💥', '\t\r', '{}=,#'])('%j stays as it is', (text) => {
  expect(escapeLabelValue(text)).toBe(text)
  expect(escapeHelp(text)).toBe(text)
})

test('an escaped label value stays on its line, inside its quotes, and reads back as itself', () => {
  holds(
    fc.property(fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', 'x') }), (text) => {
      const escaped = escapeLabelValue(text)
      expect(escaped).toMatch(/^(?:[^\\"\n]|\\[\\"n])*$/)
      expect(escaped.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter))).toBe(text)
    }),
  )
})
