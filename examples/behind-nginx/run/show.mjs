import { setTimeout as sleep } from 'node:timers/promises'
import { isRoot } from './requirements.mjs'
import { Users } from './users.mjs'

/** Starts a site, prints its addresses, and watches it until it is stopped. */
export async function show(site, { traffic }) {
  await site.deploy()
  await site.startApplication()
  await site.startNginx()
  const users = new Users(site.url)
  // The families appear with their first count, and rules and dashboard are made for those that are there.
  await Promise.all(['/', '/items/1', '/reports', '/broken', '/nowhere'].map((path) => users.send('GET', path)))
  await users.send('POST', '/orders')
  await site.makeRules()
  await site.startPrometheus('1s')
  if (traffic) users.start({ lanes: 3, pause: 300 })
  console.log(addresses(site))
  for (;;) {
    await sleep(1000)
    site.check()
  }
}

function addresses(site) {
  const [command, options, receiver] = site.signalCommand
  const signal = (name) => [command, ...options, name, receiver].join(' ')
  return `
  application      ${site.url}/
  metrics          ${site.metricsUrl}/metrics   (403 for every address but 127.0.0.1)
  page for people  ${site.metricsUrl}/
  Prometheus       ${site.prometheus.url}/
  dashboard        ${site.path('/etc/grafana/shop.json')}   (to import in Grafana, which Debian does not have)

  to reload it          ${signal('HUP')}
  to add a worker       ${signal('TTIN')}
  to kill a worker      kill -9 ${site.workers[0]}
  configuration, logs   ${site.path('/etc')}, ${site.path('/var/log')}

${isRoot ? 'The supervisor is root, the workers are www-data.' : 'Not started as root: everything runs as you, and no privileges are dropped.'}
Ctrl-C ends everything, and removes its files.`
}
