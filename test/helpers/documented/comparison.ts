import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../documentation-page.js'
import { root } from '../processes/dist.js'
import { type Stage, test } from '../processes/stage.js'

/** Does what a row says of promhive, or names the test that does. */
export type Attempt = ((stage: Stage) => unknown) | HeldBy

class HeldBy {
  constructor(
    readonly file: string,
    readonly title: string,
  ) {}
}

/** A row that a test elsewhere holds: its file, and its title or a part of it. */
export function heldBy(file: string, title: string): Attempt {
  return new HeldBy(file, title)
}

/** The first cells of all rows of all tables of a page. */
function rowsOf(path: string): string[] {
  const { text } = new DocumentationPage(path)
  const tables = [...text.matchAll(/^\|.*\n\|[-| ]+\|\n((?:\|.*\n?)+)/gm)].map(([, rows]) => rows!.trimEnd())
  return tables.flatMap((rows) => rows.split('\n').map((row) => row.slice(2, row.indexOf(' | '))))
}

/**
 * Tries each row of a page that compares another library with promhive.
 * @param attempts by the beginning of the first cell
 */
export function describeComparison(path: string, attempts: Readonly<Record<string, Attempt>>): void {
  const rows = rowsOf(path)
  const matching = (row: string) => Object.keys(attempts).filter((beginning) => row.startsWith(beginning))

  describe(path, { concurrent: true }, () => {
    test('tries each row of its tables', () => {
      expect(rows.filter((row) => matching(row).length !== 1)).toEqual([])
      const stale = Object.keys(attempts).filter((beginning) => !rows.some((row) => row.startsWith(beginning)))
      expect(stale).toEqual([])
    })

    for (const [beginning, attempt] of Object.entries(attempts)) {
      test(beginning, async ({ stage }) => {
        if (!(attempt instanceof HeldBy)) return void (await attempt(stage))
        expect(readFileSync(join(root, attempt.file), 'utf8')).toContain(attempt.title)
      })
    }
  })
}
