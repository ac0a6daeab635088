// The examples that the README shows whole. In the README each stands behind a line that names its file:
//
//   <!-- the same as examples/quick-start.mjs -->
//
// Run by itself it exits with 1 when one differs from its file.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What the README shows, and what the file has: `{ file, shown, actual }` for each. */
export function examplesInReadme() {
  const readme = read('README.md')
  const marked = readme.matchAll(/^<!-- the same as (\S+) -->\n```js\n(.*?)^```$/gms)
  return [...marked].map(([, file, shown]) => ({ file, shown, actual: read(file) }))
}

function read(file) {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const examples = examplesInReadme()
  const different = examples.filter(({ shown, actual }) => shown !== actual)
  for (const { file } of different) console.error(`README.md shows ${file} otherwise than it is`)
  if (examples.length === 0) console.error('README.md shows no example')
  process.exit(different.length > 0 || examples.length === 0 ? 1 : 0)
}
