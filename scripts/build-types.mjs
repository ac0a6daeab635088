// Rolls the declarations up: one file for each front door, and one for what several doors share. What no door exports and no
// exported type needs is left out, and so are members marked @internal.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

/**
 * Writes the declarations of the front doors into each of the folders: ESM and CommonJS have the same ones.
 *
 * @param {{ root: string, doors: Record<string, string>, folders: readonly string[], scratch: string }} options `doors`
 *   are files in src by the name of their declarations, and `scratch` is a folder for the declarations of all files
 */
export async function buildTypes({ root, doors, folders, scratch }) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const emitted = spawnSync(process.execPath, [tsc, '-p', '.', '--emitDeclarationOnly', '--outDir', scratch], {
    cwd: root,
    stdio: 'inherit',
  })
  if (emitted.status !== 0) process.exit(emitted.status ?? 1)

  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(
      Object.entries(doors).map(([name, file]) => [name, join(scratch, file.replace(/^src\/(.+)\.ts$/, '$1.d.ts'))]),
    ),
    external: [/^node:/],
    // The input are declarations, so that the plugin starts no compiler.
    plugins: [dts({ dtsInput: true, tsconfig: false }), valuesStayValues, withoutPaths],
    logLevel: 'warn',
    checks: { pluginTimings: false },
  })
  const [first, ...others] = folders
  await build.write({
    dir: first,
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'types/[name].d.ts',
    minifyInternalExports: false,
    // What the doors of other clients share is apart: their classes have the names of promhive's own, and in one file those
    // would be numbered, in every message of a compiler.
    codeSplitting: {
      groups: [
        { name: 'shared', minShareCount: 2, priority: 1, test: (id) => !ofClients.test(id) },
        { name: 'clients', minShareCount: 2 },
      ],
    },
  })
  await build.close()
  rmSync(scratch, { recursive: true })
  for (const folder of others) cpSync(first, folder, { recursive: true })
}

const ofClients = /[\\/]compat[\\/](?:prom-client|prometheus-io|internals)[\\/]/

/**
 * What doors share is exported from a file of its own. The plugin marks there as a type what any door exports as a type
 * under that name, be it another declaration: such as prom-client's enum beside promhive's type, both called MetricType.
 */
const valuesStayValues = {
  name: 'values-stay-values',
  renderChunk(code, { fileName }) {
    if (!fileName.startsWith('types/')) return null
    const declared = code.matchAll(/^declare (?:abstract )?(?:class|const|enum|function) ([\w$]+)/gm)
    const values = new Set([...declared].map(([, name]) => name))
    return code.replace(/^export \{.*\};?$/gm, (list) =>
      list.replace(/(?<=[{,] )type ([\w$]+)/g, (marked, name) => (values.has(name) ? name : marked)),
    )
  },
}

/** The bundler writes where each declaration comes from: a folder of this build, with the number of its process. */
const withoutPaths = {
  name: 'without-paths',
  renderChunk: (code) => code.replace(/^\/\/ \.dist-.*\n/gm, ''),
}
