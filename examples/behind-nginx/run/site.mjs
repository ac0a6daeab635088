import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout, Machine, withoutPrivileges } from './machine.mjs'
import { freePort, isOpen } from './ports.mjs'
import { Program } from './program.mjs'
import { Prometheus } from './prometheus.mjs'
import { isRoot } from './requirements.mjs'
import { until } from './until.mjs'

const environment = { PATH: `${join(process.execPath, '..')}:${process.env.PATH}:/usr/sbin` }

/** The application behind nginx, under its supervisor, and Prometheus: everything that the example runs. */
export class Site {
  prometheus
  #variant
  #ports
  #machine
  #programs = []

  static async create({ variant, userPort, metricsPort, prometheusPort }) {
    return new Site(variant, {
      8040: await freePort(userPort),
      9040: await freePort(metricsPort),
      8000: await freePort(),
      9464: await freePort(),
      9090: await freePort(prometheusPort),
    })
  }

  constructor(variant, ports) {
    this.#variant = variant
    this.#ports = ports
    this.#machine = new Machine(ports)
  }

  /** For users. */
  get url() {
    return `http://127.0.0.1:${this.#ports[8040]}`
  }

  /** For Prometheus, through nginx. */
  get metricsUrl() {
    return `http://127.0.0.1:${this.#ports[9040]}`
  }

  /** The metrics port of promhive itself. */
  get directPort() {
    return this.#ports[9464]
  }

  get folder() {
    return this.#machine.root
  }

  path(path) {
    return this.#machine.path(path)
  }

  /** The pid of the supervisor of promhive. */
  get supervisor() {
    return Number(readFileSync(this.path('run/shop/shop.pid'), 'utf8'))
  }

  /** The pids of the workers. */
  workers() {
    const { supervisor } = this
    return readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ').map(Number)
  }

  async startApplication() {
    const machine = this.#machine
    machine.deploy('shop', 'srv/shop')
    for (const file of ['promhive.yaml', 'start.sh'])
      machine.configure(`shop/${file}`, `srv/shop/${file}`, withoutPrivileges)
    if (this.#variant === 'supervisor') this.#startSupervisord()
    else this.#program('the application', this.path('srv/shop/start.sh'), [], 'shop.log')
    // Not by a request: it would be counted.
    await this.#opens('the application', this.#ports[8000])
  }

  async startNginx() {
    const machine = this.#machine
    machine.configure('etc/nginx.conf', 'etc/nginx/sites-enabled/shop.conf')
    machine.write('etc/nginx/nginx.conf', nginxAround(machine.root))
    const args = ['-p', machine.root, '-e', 'stderr', '-c', this.path('etc/nginx/nginx.conf')]
    this.#program('nginx', 'nginx', args, 'nginx.log')
    await this.#opens('nginx', this.#ports[8040])
  }

  /** Prints rules and the dashboard for the metrics that are there now, and starts Prometheus with the rules. */
  async startPrometheus({ every, change = (text) => text }) {
    const machine = this.#machine
    const source = `${this.metricsUrl}/metrics`
    machine.write('etc/prometheus/alerts.yml', change(this.promhive('rules', source, '--job', 'shop')))
    machine.write('etc/grafana/shop.json', this.promhive('dashboard', source, '--title', 'Shop'))
    machine.configure('etc/prometheus.yml', 'etc/prometheus/prometheus.yml', (text) => text.replaceAll('15s', every))
    const url = `http://127.0.0.1:${this.#ports[9090]}`
    this.#program(
      'prometheus',
      'prometheus',
      [
        `--config.file=${this.path('etc/prometheus/prometheus.yml')}`,
        `--storage.tsdb.path=${this.path('var/lib/prometheus')}`,
        `--web.listen-address=${new URL(url).host}`,
      ],
      'prometheus.log',
    )
    await this.#opens('prometheus', this.#ports[9090])
    this.prometheus = new Prometheus(url)
    await until('prometheus is ready', () => this.prometheus.ready())
  }

  /** Signals the supervisor of promhive, in the way of the variant. */
  signal(name) {
    if (this.#variant === 'supervisor') this.supervisorctl('signal', name, 'shop')
    else process.kill(this.supervisor, `SIG${name}`)
  }

  supervisorctl(...args) {
    return execFileSync('supervisorctl', ['-c', this.path('etc/supervisor/supervisord.conf'), ...args], {
      encoding: 'utf8',
    })
  }

  /** Runs a command of promhive, and returns what it prints. */
  promhive(...args) {
    return execFileSync(process.execPath, [join(checkout, 'dist/esm/cli/bin.js'), ...args], {
      encoding: 'utf8',
      env: environment,
    })
  }

  /** Ends everything, the latest first, and removes the folder. */
  async stop() {
    for (const program of this.#programs.splice(0).reverse()) await program.stop()
    this.#machine.remove()
  }

  #startSupervisord() {
    const machine = this.#machine
    machine.configure('etc/supervisor.conf', 'etc/supervisor/conf.d/shop.conf', withoutPrivileges)
    machine.write('etc/supervisor/supervisord.conf', supervisordAround(machine.root))
    const args = ['--nodaemon', '-c', this.path('etc/supervisor/supervisord.conf')]
    this.#program('supervisord', 'supervisord', args, 'supervisord.log')
  }

  #program(name, command, args, log) {
    const options = { log: this.path(`var/log/${log}`), env: environment, cwd: this.folder }
    this.#programs.push(new Program(name, command, args, options))
  }

  async #opens(name, port) {
    await until(`${name} listens on port ${port}`, () => {
      for (const program of this.#programs) program.check()
      return isOpen(port)
    })
  }
}

/** What Debian's /etc/nginx/nginx.conf has around the sites, with paths in the folder. */
function nginxAround(root) {
  return `${isRoot ? 'user www-data;' : ''}
daemon off;
pid ${root}/run/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${root}/var/lib/nginx-${name};`).join('\n')}
  include ${root}/etc/nginx/sites-enabled/*.conf;
}
`
}

/** What Debian's /etc/supervisor/supervisord.conf has around the programs, with paths in the folder. */
function supervisordAround(root) {
  return `[unix_http_server]
file=${root}/run/supervisor.sock
chmod=0700
[supervisord]
${isRoot ? 'user=root' : ''}
logfile=/dev/null
logfile_maxbytes=0
pidfile=${root}/run/supervisord.pid
childlogdir=${root}/var/log
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${root}/run/supervisor.sock
[include]
files = ${root}/etc/supervisor/conf.d/*.conf
`
}
