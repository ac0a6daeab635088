import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A source file, and its imports: own files as `./metric/counter` below src, others by their names. */
export interface SourceFile {
  readonly path: string
  readonly lines: number
  readonly imports: readonly string[]
}

export function readSource(): readonly SourceFile[] {
  const src = join(root, 'src')
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(src, path), 'utf8')
      return { path, lines: text.split('\n').length - 1, imports: importsOf(path, text) }
    })
}

const statements = [
  /^\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g,
]

/** What a file imports, types and dynamic imports among it. */
export function importsOf(path: string, text: string): string[] {
  const found = statements.flatMap((statement) => [...text.matchAll(statement)].map((match) => match[1]!))
  return found.map((name) => (name.startsWith('.') ? `./${join(dirname(path), name).replace(/\.js$/, '')}` : name))
}
