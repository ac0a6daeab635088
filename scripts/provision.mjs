// What tests need of the system, beside npm: installs what is missing where it may, tells what is left out where it may not.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A new need is a line: the Debian package, how to see that it is there, and the tests that stay out without it. */
const needs = [
  {
    package: 'prometheus',
    present: () => runs('promtool', '--version'),
    leftOut: 'promtool reading our expositions, and Prometheus scraping them',
  },
  {
    package: 'prometheus-pushgateway',
    present: () => runs('prometheus-pushgateway', '--version'),
    leftOut: 'pushing to a real Pushgateway',
  },
  {
    package: 'prometheus-node-exporter',
    present: () => runs('prometheus-node-exporter', '--version'),
    leftOut: 'the text file read by a real node_exporter',
  },
  {
    package: 'python3-prometheus-client',
    // Debian's package serves Debian's Python, which need not be the first one on the path.
    present: () => ['/usr/bin/python3', 'python3'].some((python) => runs(python, '-c', 'import prometheus_client')),
    leftOut: 'the Python client beside ours',
  },
  {
    package: 'python3-snappy',
    present: () => runs('/usr/bin/python3', '-c', 'import snappy'),
    leftOut: 'another Snappy that reads the requests of remote write',
  },
  {
    package: 'gunicorn',
    present: () => runs('gunicorn', '--version'),
    leftOut: 'directories that Python processes write to',
  },
  {
    package: 'systemd',
    present: () => runs('systemd-analyze', '--version'),
    leftOut: 'the units of systemd in examples',
  },
  {
    package: 'redis-server',
    present: () => runs('redis-server', '--version'),
    leftOut: 'processes that count together in Redis',
  },
  {
    package: 'valkey-server',
    // Debian has it from 13 on: what this system's Debian does not know is not missing.
    present: () => runs('valkey-server', '--version') || !runs('apt-cache', 'show', 'valkey-server'),
    leftOut: 'the same on Valkey',
  },
  {
    package: 'etcd-server',
    present: () => runs('etcd', '--version'),
    leftOut: 'targets that are announced in etcd',
  },
  {
    package: 'nginx',
    // Debian has it in /usr/sbin, which may not be on the path of a user.
    present: () => existsSync('/usr/sbin/nginx') || runs('nginx', '-v'),
    leftOut: 'the example behind a real nginx, and the configurations of nginx in the docs',
  },
  {
    package: 'supervisor',
    present: () => runs('supervisord', '--version'),
    leftOut: "the example under Debian's supervisor",
  },
  {
    package: 'chromium',
    present: () => existsSync('/usr/bin/chromium'),
    leftOut: 'the page for people in a real browser',
  },
  {
    package: 'openssl',
    present: () => runs('openssl', 'version'),
    leftOut: 'a metrics port with a certificate, and Redis behind TLS',
  },
  {
    package: 'iproute2',
    present: () => runs('ip', '-V'),
    leftOut: 'processes on hosts that only Redis connects',
  },
  {
    package: 'bindfs',
    present: () => runs('bindfs', '--version'),
    leftOut: 'a directory on a file system of the network',
  },
  {
    package: 'wine64',
    present: () => existsSync('/usr/lib/wine/wine64'),
    leftOut: 'applications on Windows',
  },
  {
    package: 'docker.io',
    present: () => runs('dockerd', '--version'),
    leftOut: 'applications in containers of a real Docker',
  },
  {
    package: 'docker-cli',
    // A package of its own from Debian 13 on.
    present: () => runs('docker', '--version') || !runs('apt-cache', 'show', 'docker-cli'),
    leftOut: 'the same',
  },
  {
    package: 'uwsgi-core',
    present: () => runs('uwsgi-core', '--version'),
    leftOut: 'the statistics of a real uWSGI',
  },
  {
    package: 'uwsgi-plugin-python3',
    present: () => runs('uwsgi-core', '--need-plugin', 'python3', '--version'),
    leftOut: 'the statistics of a real uWSGI that serves an application',
  },
]

const policy = '/usr/sbin/policy-rc.d'

const missing = needs.filter((need) => !need.present())
if (missing.length > 0) {
  const reason = install(missing.map((need) => need.package))
  for (const need of missing) {
    if (!need.present()) console.log(`provision: no ${need.package} (${reason}); left out: ${need.leftOut}`)
  }
}

if (process.getuid?.() !== 0) {
  console.log('provision: not root; left out: tests with other users, containers, network namespaces, and full disks')
}

/** Packages of npm that tests run applications with: beside the tests, because the package needs none of them. */
const folders = [
  {
    folder: 'test/managers',
    brings: 'process managers',
    leftOut: 'applications under PM2',
    options: ['--omit=optional'],
  },
  {
    folder: 'test/node24',
    brings: 'Node.js 24',
    leftOut: 'the preload for prom-client, and clients that need a newer Node.js',
    options: [],
  },
  {
    folder: 'test/runtimes',
    brings: 'the newest Node.js, Bun and Deno',
    leftOut: 'other runtimes than this Node.js',
    options: ['--ignore-scripts'],
  },
  {
    folder: 'test/statsd',
    brings: 'a server of statsd',
    leftOut: 'sending to a server of statsd',
    options: ['--omit=optional'],
  },
  {
    folder: 'test/plug-ins',
    brings: 'plug-ins',
    leftOut: 'plug-ins that count with prom-client',
    options: ['--omit=optional'],
  },
  {
    folder: 'test/manifests',
    brings: 'the schemas of Kubernetes',
    leftOut: 'the manifests and the Dockerfile of the sidecar',
    options: [],
  },
  {
    folder: 'test/without-http',
    brings: 'a queue and gRPC',
    leftOut: 'processes without HTTP',
    options: ['--omit=optional'],
  },
  { folder: 'test/bundlers', brings: 'bundlers', leftOut: 'applications that are bundled', options: [] },
  { folder: 'test/runners', brings: 'test runners', leftOut: 'tests under Jest and mocha', options: [] },
  {
    folder: 'test/windows',
    brings: 'the node.exe of Windows',
    leftOut: 'applications on Windows, which Wine stands in for',
    // npm refuses it on another system.
    options: ['--force'],
  },
  {
    folder: 'scripts/compiler',
    brings: 'the compiler of the addons',
    leftOut: 'packing the package as it is published, and the addons of other platforms',
    options: [],
  },
  {
    folder: 'test/compilers',
    brings: 'versions of TypeScript',
    leftOut: 'the types and editors under TypeScript before 5.8',
    options: [],
  },
  { folder: 'site', brings: 'VitePress', leftOut: 'the site of the docs', options: [] },
]
for (const each of folders) provideFolder(each)

/** Once for each lock file: a copy of it stays beside what was installed. */
function provideFolder({ folder, brings, leftOut, options }) {
  const cwd = fileURLToPath(new URL(`../${folder}`, import.meta.url))
  const lock = readFileSync(`${cwd}/package-lock.json`, 'utf8')
  const installed = `${cwd}/node_modules/.provisioned`
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return
  console.log(`provision: installing ${brings} for the tests (npm ci in ${folder})`)
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const argv = [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error', ...options]
  const { status } = spawnSync(npm[0], argv, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0) writeFileSync(installed, lock)
  else console.log(`provision: npm ci in ${folder} failed; left out: ${leftOut}`)
}

/** @returns {string} why something may still be missing */
function install(packages) {
  if (process.getuid?.() !== 0) return 'only root installs packages'
  if (!runs('apt-get', '--version')) return 'no apt-get here'
  console.log(`provision: installing ${packages.join(', ')} with apt-get`)
  const updated = apt('update')
  const removePolicy = forbidServices()
  if (removePolicy === undefined) return `no ${policy} can be made, and services must not start`
  try {
    // One by one: a package that this system does not know must not keep the others out.
    const reasons = packages.map((name) => apt('install', '-y', '--no-install-recommends', name))
    return reasons.find((reason) => reason !== undefined) ?? updated ?? 'installed, and still not found'
  } finally {
    removePolicy()
  }
}

/** A package may bring a service (prometheus does): it must not start here. A policy that is there stays as it is. */
function forbidServices() {
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
  } catch (error) {
    return error.code === 'EEXIST' ? () => {} : undefined
  }
  return () => rmSync(policy, { force: true })
}

/** @returns {string | undefined} the last line of what went wrong */
function apt(...args) {
  const result = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (result.status === 0) return undefined
  return result.stderr?.trim().split('\n').at(-1) || `apt-get ${args[0]} ended with ${result.status ?? result.signal}`
}

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
