// Builds the package: the addon, the types, and each front door in one piece of ESM and one of CommonJS.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { buildNative } from './build-native.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const quiet = process.argv.includes('--quiet')

// Built beside, and put in place when it is whole: what runs from dist meanwhile finds its files.
const fresh = join(root, `.dist-${process.pid}`)
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }))

buildNative({ quiet })
types('tsconfig.json', 'esm')
types('tsconfig.cjs.json', 'cjs')
// Bundled, because Node takes a millisecond per file: importing eighty costs an application's start four times as much.
const names = ['index', 'register', 'http', 'express', 'fastify', 'koa', 'hono', 'nestjs', 'next']
const doors = Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]))
await bundle('esm', { ...doors, 'cli/bin': 'src/cli/bin.ts' })
await bundle('cjs', doors)

// dist/cjs is a package scope of its own, so that its .js files are CommonJS; `#native` leads to the same loader.
writeFileSync(
  join(fresh, 'cjs', 'package.json'),
  `${JSON.stringify({ type: 'commonjs', imports: { '#native': './native.cjs' } })}\n`,
)
writeFileSync(join(fresh, 'cjs', 'native.cjs'), "module.exports = require('../../native/load.cjs')\n")
chmodSync(join(fresh, 'esm', 'cli', 'bin.js'), 0o755)
rmSync(join(root, 'dist'), { recursive: true, force: true })
renameSync(fresh, join(root, 'dist'))
if (!quiet) console.log('promhive: built dist/esm and dist/cjs')

async function bundle(format, input) {
  const build = await rolldown({
    cwd: root,
    input,
    external: [/^node:/, '#native'],
    platform: 'node',
    logLevel: 'warn',
  })
  const dir = join(fresh, format)
  mkdirSync(dir, { recursive: true })
  await build.write({ dir, format, entryFileNames: '[name].js', chunkFileNames: 'chunks/[hash].js' })
  await build.close()
}

function types(project, format) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const result = spawnSync(
    process.execPath,
    [tsc, '-p', project, '--emitDeclarationOnly', '--outDir', join(fresh, format)],
    {
      cwd: root,
      stdio: 'inherit',
    },
  )
  if (result.status !== 0) process.exit(result.status ?? 1)
}
