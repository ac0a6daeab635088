import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inLine, printable } from '../../src/model/terminal-text.js'
import { readSource, root } from '../helpers/source-imports.js'

test.for([
  ['\u001b[31mred\u0007', '\\u001b[31mred\\u0007'],
  ['\u009b2J', '\\u009b2J'],
  ['a\rb\tc', 'a\\u000db\\u0009c'],
  ['\u202egnp.exe', '\\u202egnp.exe'],
  ['\u200b\u2028\ufeff', '\\u200b\\u2028\\ufeff'],
  ['\ud800x', '\\ud800x'],
  ['ünïcödé ☃ 🦄 "quoted" \\', 'ünïcödé ☃ 🦄 "quoted" \\'],
])('%j is shown and not acted on', ([text, shown]) => {
  expect(printable(text!)).toBe(shown)
  expect(inLine(text!)).toBe(shown)
})

test('a line feed begins a line in a text of several lines, and not within a line', () => {
  expect(printable('a\nb')).toBe('a\nb')
  expect(inLine('a\nb')).toBe('a\\nb')
})

test('everything that the command line writes goes through one place', () => {
  const writing = /console\.\w+\(|\b(?:stdout|stderr)\.write\(/
  const files = readSource()
    .filter(({ path }) => path.startsWith('cli/') && path !== 'cli/output.ts')
    .map(({ path }) => [path, readFileSync(join(root, 'src', path), 'utf8')] as const)
  const others = files.flatMap(([path, text]) =>
    text
      .split('\n')
      .filter((line) => writing.test(line) && !line.includes('printable('))
      .map((line) => `${path}: ${line.trim()}`),
  )
  expect(files.length).toBeGreaterThan(10)
  expect(others).toEqual([])
})
