// Compares the examples in the README with their files. A comment before each block names the file:
//
//   <!-- the same as examples/quick-start.mjs -->   the block is the whole file
//   <!-- lines of examples/quick-start.cjs -->      each line of the block is a line of the file
//
// Run as a program, it exits with 1 if one differs.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Lists the examples: `{ file, same, shown }`. */
export function examplesInReadme() {
  const blocks = read('README.md').matchAll(/^<!-- (the same as|lines of) (\S+) -->\n```js\n(.*?)^```$/gms)
  return [...blocks].map(([, kind, file, shown = '']) => {
    const text = read(file)
    const lines = text.split('\n')
    const same = kind === 'lines of' ? shown.split('\n').every((line) => lines.includes(line)) : shown === text
    return { file, shown, same }
  })
}

function read(file) {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const examples = examplesInReadme()
  const different = examples.filter(({ same }) => !same)
  for (const { file } of different) console.error(`README.md does not show ${file} as it is`)
  if (examples.length === 0) console.error('README.md shows no example')
  process.exit(different.length > 0 || examples.length === 0 ? 1 : 0)
}
