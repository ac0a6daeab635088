import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
// @ts-expect-error: a script, without types
import { listPages } from '../../site/pages.mjs'
import type { Block } from '../helpers/documentation-page.js'
import { documentedCommands } from '../helpers/documented/commands.js'
import { means, pageAt } from '../helpers/documented/documented.js'
import { runElsewhere } from '../helpers/documented/elsewhere.js'
import { documentedPrograms } from '../helpers/documented/programs.js'
import { documentedSettings } from '../helpers/documented/settings.js'
import { root } from '../helpers/processes/dist.js'

const pages = listPages() as string[]
const rows = [...documentedCommands, ...documentedSettings, ...documentedPrograms, ...runElsewhere]

/** Output, and drawings: the other blocks are something that a reader types or stores. */
const isOutput = ({ language }: Block): boolean => language === '' || language === 'text'

function rowsFor(page: string, block: Block): number {
  return rows.filter((row) => row.page === page && means(row, block)).length
}

function firstLine({ file, text }: Block): string {
  return file ?? text.slice(0, text.indexOf('\n'))
}

test('every example of the site is run by a test, or marked with the reason why not', () => {
  const neither = pages.flatMap((page) =>
    pageAt(page)
      .blocks.filter((block) => !isOutput(block) && block.notRun === undefined && rowsFor(page, block) === 0)
      .map((block) => `${page}: ${firstLine(block)}`),
  )
  expect(neither, 'add it to a table in test/helpers/documented/, or mark it: <!-- not run: the reason -->').toEqual([])
})

test('an example that a test runs is not marked', () => {
  const both = pages.flatMap((page) =>
    pageAt(page)
      .blocks.filter((block) => block.notRun !== undefined && rowsFor(page, block) > 0)
      .map((block) => `${page}: ${firstLine(block)}`),
  )
  expect(both).toEqual([])
})

test('every row means an example', () => {
  const stale = rows.filter((row) => !pageAt(row.page).blocks.some((block) => means(row, block)))
  expect(stale.map(({ page, start }) => `${page}: ${start}`)).toEqual([])
})

test('a block without a language is no command', () => {
  const commands = /^(?:\w+=\S+ )*(?:npx|node|npm|promhive \w+ |pm2|docker|curl|export|kubectl) /
  const found = pages.flatMap((page) =>
    pageAt(page)
      .blocks.filter((block) => isOutput(block) && rowsFor(page, block) === 0 && commands.test(block.text))
      .map((block) => `${page}: ${firstLine(block)}`),
  )
  expect(found).toEqual([])
})

test('the tests that run examples elsewhere are there, and name the page', () => {
  const faults = runElsewhere.filter(({ page, by, names }) => {
    const path = join(root, by)
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(names ?? page)
  })
  expect(faults).toEqual([])
})
