// The worked example: an application behind nginx, under its supervisor, scraped by Prometheus. See docs/behind-nginx.md.
import { once } from 'node:events'
import { Claims } from './run/claims.mjs'
import { compare } from './run/comparison.mjs'
import { checkout } from './run/machine.mjs'
import { showNaive } from './run/naive.mjs'
import { readOptions } from './run/options.mjs'
import { prove } from './run/proof.mjs'
import { missing, unreachable } from './run/requirements.mjs'
import { show } from './run/show.mjs'
import { Site } from './run/site.mjs'

const { mode, variant, ports, traffic } = readOptions()

const claims = new Claims()
const modes = {
  show: (site) => show(site, { traffic }),
  prove: (site) => prove(site, claims, { supervisord: variant === 'supervisor' }),
  naive: (site) => showNaive(site, claims),
  compare: (site) => compare(site, claims),
}

const packages = ['nginx', 'prometheus', ...(variant === 'supervisor' ? ['supervisor'] : [])]
const fault = lacking(missing(packages)) ?? unreachable('www-data', checkout)
if (fault !== undefined) {
  console.error(fault)
  process.exit(1)
}

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort())

const site = await Site.create(mode === 'naive' ? 'naive' : variant, mode === 'show' ? ports : {})
try {
  await Promise.race([modes[mode](site), once(interrupted.signal, 'abort')])
  process.exitCode = claims.failed > 0 ? 1 : 0
  if (interrupted.signal.aborted && mode !== 'show') process.exitCode = 130
} catch (error) {
  console.error(`FAILED: ${error.message}`)
  process.exitCode = 1
} finally {
  await site.stop()
}
process.exit()

function lacking(names) {
  if (names.length === 0) return undefined
  return `missing: ${names.join(', ')}; to install: sudo apt-get install ${names.join(' ')}`
}
