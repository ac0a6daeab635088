import { expect, test } from 'vitest'
// @ts-expect-error: a script, without types
import { checkWords, commentsOf, findBanned, findTooMany, identifiersOf, titlesOf } from '../../scripts/words/check.mjs'

const wordsIn = (text: string, scope: string) =>
  (findBanned(text, scope) as { line: number; text: string }[]).map(({ line, text }) => `${line} ${text}`)

test('README, docs and sources have no banned word', () => {
  expect(checkWords()).toEqual([])
})

test('finds a word wherever it begins a line or a sentence, and each time', () => {
  expect(wordsIn('Whoever asks\nis told the same, and nobody tells', 'docs')).toEqual([
    '1 Whoever',
    '2 nobody',
    '2 told',
    '2 tells',
  ])
  expect(wordsIn('intelligible, standard, underlies, playlist', 'docs')).toEqual([])
})

test('finds phrases in prose only', () => {
  expect(wordsIn('The process goes on.', 'docs')).toEqual(['1 goes on'])
  expect(wordsIn('goes on', 'identifiers')).toEqual([])
})

test('reads the comments of a source, and not its strings or names', () => {
  const source = "/**\n * Nobody waits.\n */\nconst told = 'somebody // nobody' // everyone\nconst rate = 1 / 2 // anew"
  expect(wordsIn(commentsOf(source), 'comments')).toEqual(['2 Nobody', '4 everyone', '5 anew'])
})

test('reads the comments and titles of a test, and not its data', () => {
  const source =
    "describe.each(ways)('what is told', () => {\n  test('goes on', () => f('somebody else', ['nobody there']))\n  // anew\n})"
  expect(wordsIn(titlesOf(source), 'tests')).toEqual(['1 told', '2 goes on', '3 anew'])
})

test('reads the names of a source word by word, and not its comments or strings', () => {
  const source = "// nobody\nconst waitPatiently = 'told'\nfunction tellAll(intelligible: number) {}\nRUN_ANEW"
  expect(wordsIn(identifiersOf(source), 'identifiers')).toEqual(['2 Patiently', '3 tell', '4 ANEW'])
})

test('permits two of some words in 10,000, and no more', () => {
  const plain = 'word '.repeat(9_998)
  expect(findTooMany(`${plain} who Who`)).toBeUndefined()
  expect(findTooMany(`${plain} who Who WHO`)).toContain('who: 3 times')
})
