import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as main from '../../../src/index.js'
import { root } from '../source-imports.js'

/** Programs in JavaScript, with fields that nothing declares: a .ts file cannot be the same. */
const inJavaScript = [
  'docs/writing-a-backend.md',
  'examples/backends',
  'examples/demo',
  'examples/behind-nginx/example.mjs',
  'examples/behind-nginx/run',
]
/** The same as a snippet. */
const classWithFields = /^class \w+ \{[\s\S]*\bthis\.\w+ = /m

/** The blocks of JavaScript and TypeScript in the README and the docs. */
export function snippets(): Record<string, string> {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  const found: Record<string, string> = {}
  for (const page of pages.filter((name) => name.endsWith('.md') && !isInJavaScript(name))) {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [i, [, code]] of [
      ...text.matchAll(/^```(?:js|mjs|ts|javascript|typescript)\n(.*?)^```$/gms),
    ].entries()) {
      if (!classWithFields.test(code!)) found[`${page.replaceAll('/', '-')}-${i + 1}.ts`] = complete(code!)
    }
  }
  return found
}

/** The example programs. */
export function examples(): Record<string, string> {
  const files = readdirSync(join(root, 'examples'), { recursive: true }) as string[]
  const programs = files.filter((name) => name.endsWith('.mjs') && !isInJavaScript(`examples/${name}`))
  return Object.fromEntries(
    programs.map((name) => [
      `example-${name.replaceAll('/', '-')}.ts`,
      complete(readFileSync(join(root, 'examples', name), 'utf8')),
    ]),
  )
}

function isInJavaScript(path: string): boolean {
  return inJavaScript.some((start) => path.startsWith(start))
}

/** Adds the imports of the main entry that a snippet uses without importing them. */
function complete(code: string): string {
  const used = Object.keys(main).filter((name) => {
    const declared = new RegExp(`(?:import|const|let|class|function)\\b[^=;(]*\\b${name}\\b`).test(code)
    return !declared && new RegExp(`(?<![.\\w'"/#])${name}\\b(?![:'"])`).test(code)
  })
  return `import { ${used.join(', ')} } from 'promhive'\n${code}\nexport {}\n`
}

/** The programs of test/types and of the clients, which use every form of the API, right and wrong, and need no framework. */
export function typePrograms(): Record<string, string> {
  const folder = join(root, 'test/types')
  const programs = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [`types-${name}`, readFileSync(join(folder, name), 'utf8')] as const)
    .filter(([, code]) => [...code.matchAll(/ from '([^']+)'/g)].every(([, name]) => /^(?:promhive|node:)/.test(name!)))
  const ofClients = ['prom-client', 'prometheus-io'].map((client) => {
    const code = readFileSync(join(root, 'test/compat', client, 'whole-api.ts'), 'utf8')
    return [`types-${client}.ts`, code.replaceAll(`'${client}'`, `'promhive/${client}'`)] as const
  })
  return Object.fromEntries([...programs, ...ofClients])
}
