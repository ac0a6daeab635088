// Bundles a program for Node.js with one bundler, as its documentation shows: node bundle.mjs <bundler> <format> <program> <folder>
import { join } from 'node:path'

const [bundler, format, program, folder] = process.argv.slice(2)
const file = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`
const problems = []

const bundlers = {
  async esbuild() {
    const { build } = await import('esbuild')
    const outfile = join(folder, file)
    const options = { bundle: true, platform: 'node', format, outfile, logLevel: 'silent' }
    const { warnings } = await build({ entryPoints: [program], ...options })
    problems.push(...warnings.map(({ text }) => text))
  },
  async rollup() {
    const { rollup } = await import('rollup')
    const { nodeResolve } = await import('@rollup/plugin-node-resolve')
    const { default: commonjs } = await import('@rollup/plugin-commonjs')
    const plugins = [nodeResolve({ preferBuiltins: true }), commonjs()]
    const build = await rollup({ input: program, plugins, onwarn: ({ message }) => problems.push(message) })
    await build.write({ dir: folder, format, entryFileNames: file })
  },
  async rolldown() {
    const { rolldown } = await import('rolldown')
    const build = await rolldown({
      input: program,
      platform: 'node',
      onLog: (_, { message }) => problems.push(message),
    })
    await build.write({ dir: folder, format, entryFileNames: file })
  },
  async vite() {
    const { build } = await import('vite')
    await build({
      configFile: false,
      logLevel: 'silent',
      ssr: { noExternal: true },
      build: {
        ssr: program,
        outDir: folder,
        rollupOptions: { output: { format, entryFileNames: file }, onwarn: ({ message }) => problems.push(message) },
      },
    })
  },
  async webpack() {
    const { default: webpack } = await import('webpack')
    const output = { path: folder, filename: file }
    const module = format === 'esm'
    const stats = await new Promise((resolve, reject) => {
      webpack(
        {
          ...{ entry: program, target: 'node20', mode: 'none', experiments: { outputModule: module } },
          output: module ? { ...output, module, chunkFormat: 'module', library: { type: 'module' } } : output,
        },
        (error, result) => (error ? reject(error) : resolve(result)),
      )
    })
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
    problems.push(...[...errors, ...warnings].map(({ message }) => message))
  },
}

await bundlers[bundler]()
console.log(JSON.stringify(problems))
