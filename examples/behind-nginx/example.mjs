// The worked example: an application behind nginx, under its supervisor, scraped by Prometheus. See docs/behind-nginx.md.
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { Claims } from './run/claims.mjs'
import { compare } from './run/comparison.mjs'
import { checkout } from './run/machine.mjs'
import { showNaive } from './run/naive.mjs'
import { readOptions } from './run/options.mjs'
import { prove } from './run/proof.mjs'
import { missing, unquotable, unreachable } from './run/requirements.mjs'
import { show } from './run/show.mjs'
import { Site } from './run/site.mjs'

const { mode, variant, ports, traffic } = readOptions()

const claims = new Claims()
const modes = {
  show: { run: ([site]) => show(site, { traffic }), sites: [variant] },
  prove: { run: ([site]) => prove(site, claims, { supervisord: variant === 'supervisor' }), sites: [variant] },
  naive: { run: (sites) => showNaive(sites, claims), sites: ['naive', 'naive'] },
  compare: { run: ([site]) => compare(site, claims), sites: [variant], packages: ['etcd-server'] },
}
const { run, sites: variants, packages = [] } = modes[mode]

const needed = ['nginx', 'prometheus', ...(variants.includes('supervisor') ? ['supervisor'] : []), ...packages]
const fault = lacking(missing(needed)) ?? unquotable(tmpdir()) ?? unreachable('www-data', checkout)
if (fault !== undefined) {
  console.error(fault)
  process.exit(1)
}

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort())

const sites = []
try {
  const interruption = once(interrupted.signal, 'abort')
  for (const each of variants) sites.push(await Site.create(each, mode === 'show' ? ports : {}))
  await Promise.race([run(sites), interruption])
  process.exitCode = claims.failed > 0 ? 1 : 0
  if (interrupted.signal.aborted && mode !== 'show') process.exitCode = 130
} catch (error) {
  console.error(`FAILED: ${error.message}`)
  process.exitCode = 1
} finally {
  await Promise.all(sites.map((site) => site.stop()))
}
process.exit()

function lacking(names) {
  if (names.length === 0) return undefined
  return `missing: ${names.join(', ')}; to install: sudo apt-get install ${names.join(' ')}`
}
