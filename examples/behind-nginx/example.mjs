// Starts the whole example and prints its addresses; with --prove, drives it from end to end.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { prove } from './run/proof.mjs'
import { isRoot, require } from './run/requirements.mjs'
import { Site } from './run/site.mjs'

const usage = `npm run example -- [--prove] [--variant run|supervisor]

  --prove            drive it from end to end, print what was seen, and exit with 1 if a claim failed
  --variant NAME     what starts the application: run (promhive run, the default) or supervisor (Debian's supervisor)`

const { values } = parseArgs({
  options: { prove: { type: 'boolean' }, variant: { type: 'string', default: 'run' }, help: { type: 'boolean' } },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}
require('nginx', 'prometheus', ...(values.variant === 'supervisor' ? ['supervisor'] : []))
if (!isRoot) console.log('not root: everything runs as you, and no privileges are dropped')
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort(new Error(signal)))

const site = await Site.create(values)
try {
  if (values.prove) process.exitCode = (await prove(site)) > 0 ? 1 : 0
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await site.stop()
}
