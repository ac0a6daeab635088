import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('docs/writing-a-backend.md shows the example that runs in the tests', () => {
  expect(read('docs/writing-a-backend.md')).toContain(read('examples/backends/files-backend.mjs').trimEnd())
})
