import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { libraries, versionOf } from '../library.mjs'
import { figure, printTable } from '../table.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What `import { Counter }` adds to a bundle, and which rooms of promhive that is. */
export async function bundleSize({ quick }) {
  const entries = [
    { name: `promhive ${versionOf(libraries[0])}`, path: join(root, 'dist', 'esm', 'index.js') },
    ...libraries
      .filter(({ peer }) => peer)
      .map((library) => ({ name: library.variants[0].name, path: fileURLToPath(new URL('.', library.package)) })),
  ]
  const results = []
  for (const { name, path } of entries) {
    const { outputFiles } = await bundled(path)
    results.push({ name, bytes: outputFiles[0].contents.length })
  }
  console.log('\nimport { Counter }, bundled and minified by esbuild, kB')
  printTable(
    ['', 'kB'],
    results.map(({ name, bytes }) => [name, figure(bytes / 1000)]),
  )
  if (quick) return results
  const rooms = await sizesOfRooms()
  console.log('\nThe same from the sources of promhive, by room, kB')
  printTable(
    ['', 'kB'],
    [...rooms].map(([room, bytes]) => [room, figure(bytes / 1000)]),
  )
  return results
}

async function bundled(path, plugins = []) {
  // Imported here, because the first run installs it.
  const { build } = await import('esbuild')
  const contents = `import { Counter } from ${JSON.stringify(path)}\nnew Counter({ name: 'jobs_total', help: 'Jobs.' }).inc()`
  return build({
    stdin: { contents, resolveDir: dirname(fileURLToPath(import.meta.url)) },
    ...{ bundle: true, minify: true, platform: 'node', format: 'esm', write: false, metafile: true },
    plugins,
  })
}

/** The package has a few large files, which say nothing of rooms. */
async function sizesOfRooms() {
  const { metafile } = await bundled(join(root, 'src', 'index.ts'), [typescript])
  const rooms = new Map()
  for (const [file, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0].inputs)) {
    const [, path] = file.split('src/')
    if (path === undefined || bytesInOutput === 0) continue
    const room = path.startsWith('store/') ? dirname(path) : path.split('/')[0]
    rooms.set(room, (rooms.get(room) ?? 0) + bytesInOutput)
  }
  return new Map([...rooms].sort(([, one], [, other]) => other - one))
}

/** TypeScript names the compiled files in imports. */
const typescript = {
  name: 'typescript',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, importer, resolveDir }) =>
      importer.includes(`${sep}src${sep}`) ? { path: join(resolveDir, path.replace(/\.js$/, '.ts')) } : undefined,
    )
  },
}
