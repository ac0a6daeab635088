// npm run docs -- [--dev | --serve] [--port N] [--base PATH] [--out FOLDER]
// Makes a site of the pages of the repository.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { provision } from './provision.mjs'

const usage = `npm run docs                builds the site into site/dist
npm run docs -- --serve     builds the site and serves it
npm run docs -- --dev       serves the pages and reloads them when they change
  --port N                  the port of --serve (4173) and --dev (5173)
  --base PATH               the path below which the site is published, such as /promhive/ (/)
  --out FOLDER              where the site is built (site/dist)`

const { help, dev, serve, port, base, out } = optionsOf(process.argv.slice(2))
if (help) {
  console.log(usage)
  process.exit(0)
}

provision()
const { site, linkPages } = await import('./pages.mjs')
linkPages()
// Only loopback: the site is shown to its writer.
const host = '127.0.0.1'
if (dev) await serveSources()
else {
  const { build } = await import('vitepress')
  await build(site, { base, ...(out !== undefined && { outDir: out }) })
  if (serve) await serveSite()
  else console.log(`The site is in ${out ?? 'site/dist'}.`)
}

async function serveSources() {
  const { createServer } = await import('vitepress')
  const server = await createServer(site, { base, host, port: port ?? 5173 })
  await server.listen()
  console.log(`The site is at ${server.resolvedUrls.local[0]}`)
}

async function serveSite() {
  const { preview } = await import('vite')
  const server = await preview({
    root: site,
    base,
    appType: 'mpa',
    configFile: false,
    build: { outDir: out ?? 'dist' },
    preview: { host, port: port ?? 4173 },
  })
  console.log(`The site is at ${server.resolvedUrls.local[0]}`)
}

/** Reads the arguments, or ends with a message that says what is wrong with them. */
function optionsOf(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        help: { type: 'boolean' },
        dev: { type: 'boolean', default: false },
        serve: { type: 'boolean', default: false },
        port: { type: 'string' },
        base: { type: 'string', default: '/' },
        out: { type: 'string' },
      },
    })
    if (values.dev && values.serve) throw new Error('--dev and --serve exclude each other')
    if (!/^\/(?:.*\/)?$/.test(values.base)) throw new Error(`--base ${values.base} must start and end with a slash`)
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port < 65536)) {
      throw new Error(`--port ${values.port} is not a port: give a number from 0 to 65535`)
    }
    return { ...values, port, out: values.out === undefined ? undefined : resolve(values.out) }
  } catch (error) {
    console.error(`npm run docs: ${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
