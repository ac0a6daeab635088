import { expect, test } from 'vitest'
import { KeyTexts } from '../../../src/store/shared/key-texts.js'

function textIn(keys: KeyTexts, text: string): string {
  const bytes = Buffer.from(`.${text}.`)
  return keys.text(bytes, 1, bytes.length - 1)
}

test('returns every key unchanged, known or not, in any order', () => {
  const keys = new KeyTexts()
  const texts = Array.from({ length: 500 }, (_, i) => JSON.stringify(['GET', `/r/${i}`]))
  const awkward = ['[]', '[""]', '[null]', '["é"]', '["è"]', '["日本"]', '["\\u0000"]', '["é"]']
  for (const order of [texts, texts, texts.toReversed(), awkward, texts, awkward]) {
    for (const text of order) expect(textIn(keys, text)).toBe(text)
  }
})
