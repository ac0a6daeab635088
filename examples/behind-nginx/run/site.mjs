import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Guarded } from './guarded.mjs'
import { checkout, Machine } from './machine.mjs'
import { freePort, isOpen } from './ports.mjs'
import { lastLines, Program } from './program.mjs'
import { Prometheus } from './prometheus.mjs'
import { environment } from './requirements.mjs'
import { until } from './until.mjs'

const run = promisify(execFile)
const bin = join(checkout, 'dist/esm/cli/bin.js')

/** The application behind nginx, under its supervisor, and Prometheus: everything that the example runs. */
export class Site {
  /** Answers queries, once Prometheus is started. */
  prometheus
  #variant
  #ports
  #machine
  #programs = new Map()
  #guarded = new Guarded()
  #stopped = false

  /**
   * @param variant what starts the application: `run`, `supervisor`, or `naive` for the application without promhive
   * @param ports the ports for users, for metrics and of Prometheus; any free one for each that is missing or taken
   */
  static async create(variant, { users, metrics, prometheus } = {}) {
    const ports = { 8040: await freePort(users), 9040: await freePort(metrics), 9090: await freePort(prometheus) }
    for (const port of [8000, 9464, 9465, 2379, 2380, 8125, 8126, 9500]) ports[port] = await freePort()
    ports[9520] = ports[9500] + 20
    // Without promhive there is no port for metrics: a scrape goes to the port of the application.
    if (variant === 'naive') ports[9464] = ports[8000]
    return new Site(variant, ports)
  }

  constructor(variant, ports) {
    this.#variant = variant
    this.#ports = ports
    this.#machine = new Machine(ports)
    for (const folder of this.#machine.folders) this.#guarded.folder(folder)
  }

  /** For users. */
  get url() {
    return `http://127.0.0.1:${this.#ports[8040]}`
  }

  /** For Prometheus, through nginx. */
  get metricsUrl() {
    return `http://127.0.0.1:${this.#ports[9040]}`
  }

  /** The port that replaces one of the example's files. */
  port(port) {
    return this.#ports[port]
  }

  /** The pid of the supervisor of promhive; without promhive, of the primary. */
  get supervisor() {
    if (this.#variant === 'naive') return this.#programs.get('shop').pid
    return Number(readFileSync(this.path('/run/shop/shop.pid'), 'utf8'))
  }

  /** The pids of the workers. */
  get workers() {
    const { supervisor } = this
    return readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ').map(Number)
  }

  /** How to signal the supervisor of promhive from a shell. */
  get signalCommand() {
    if (this.#variant !== 'supervisor') return ['kill', ['-s'], this.supervisor]
    return ['supervisorctl', ['-c', this.path('/etc/supervisor/supervisord.conf'), 'signal'], 'shop']
  }

  /** Where a path of the machine is. */
  path(path) {
    return this.#machine.path(path)
  }

  /** @param addition a file of further settings for promhive.yaml */
  async deploy(addition) {
    const machine = this.#machine
    if (this.#variant === 'naive') return machine.deploy('naive', '/srv/shop', ['express', 'prom-client'])
    machine.deploy('shop', '/srv/shop', ['express', 'yaml'])
    machine.configure('shop/start.sh', '/srv/shop/start.sh')
    machine.configure('shop/promhive.yaml', '/srv/shop/promhive.yaml', addition)
    if (this.#variant !== 'supervisor') return
    machine.configure('etc/debian/supervisord.conf', '/etc/supervisor/supervisord.conf')
    machine.configure('etc/supervisor.conf', '/etc/supervisor/conf.d/shop.conf')
  }

  async startApplication() {
    if (this.#programs.has('supervisord')) await this.#supervisorctl('start', 'shop')
    else if (this.#variant === 'supervisor')
      this.start('supervisord', 'supervisord', '--nodaemon', '-c', this.path('/etc/supervisor/supervisord.conf'))
    else if (this.#variant === 'run') this.start('shop', this.path('/srv/shop/start.sh'))
    else this.start('shop', process.execPath, this.path('/srv/shop/app.mjs'))
    await this.opens()
  }

  /** Waits until the application accepts connections. Not by a request: it would be counted. */
  opens() {
    return this.#opens('the application', 8000)
  }

  async stopApplication() {
    if (this.#variant === 'supervisor') await this.#supervisorctl('stop', 'shop')
    else {
      await this.#programs.get('shop').stop()
      this.#programs.delete('shop')
    }
  }

  async startNginx() {
    this.#machine.configure('etc/debian/nginx.conf', '/etc/nginx/nginx.conf')
    this.#machine.configure('etc/nginx.conf', '/etc/nginx/sites-enabled/shop.conf')
    const folder = ['-p', this.path('/etc/nginx'), '-e', 'stderr', '-c', this.path('/etc/nginx/nginx.conf')]
    this.start('nginx', 'nginx', ...folder)
    await this.#opens('nginx', 8040)
  }

  /** Makes rules and a dashboard for the families that the application shows now. */
  async makeRules(change = (text) => text) {
    const source = `${this.metricsUrl}/metrics`
    const [rules, dashboard] = await Promise.all([
      this.promhive('rules', source, '--job', 'shop'),
      this.promhive('dashboard', source, '--title', 'Shop'),
    ])
    this.#machine.write('/etc/prometheus/alerts.yml', change(rules))
    this.#machine.write('/etc/grafana/shop.json', dashboard)
  }

  /** @param every the interval of scrapes, instead of the 15 s in the file */
  async startPrometheus(every, file = 'etc/prometheus.yml') {
    this.#machine.configure(file, '/etc/prometheus/prometheus.yml')
    this.replace('/etc/prometheus/prometheus.yml', /15s/g, every)
    const url = `http://127.0.0.1:${this.#ports[9090]}`
    this.start(
      'prometheus',
      'prometheus',
      `--config.file=${this.path('/etc/prometheus/prometheus.yml')}`,
      `--storage.tsdb.path=${this.path('/var/lib/prometheus')}`,
      `--web.listen-address=${new URL(url).host}`,
    )
    await this.#opens('prometheus', 9090)
    this.prometheus = new Prometheus(url)
    await until('prometheus is ready', () => this.prometheus.ready())
  }

  /** Sends a signal to the supervisor of promhive. */
  async signal(name) {
    const [command, options, receiver] = this.signalCommand
    await run(command, [...options, name, String(receiver)], { env: environment })
  }

  /** Copies a file of the example to a path of the machine, with the ports and paths of this one. */
  configure(file, path) {
    this.#machine.configure(file, path)
  }

  /** Replaces a text in a file of the machine. */
  replace(path, text, other) {
    this.#machine.write(path, readFileSync(this.path(path), 'utf8').replace(text, other))
  }

  /** Starts a command of promhive, which ends with the site. */
  startPromhive(command, ...args) {
    this.start(`promhive ${command}`, process.execPath, bin, command, ...args.map(String))
  }

  /** Runs a command of promhive, and returns what it prints. */
  async promhive(...args) {
    const { stdout } = await run(process.execPath, [bin, ...args], {
      env: environment,
    })
    return stdout
  }

  /** Throws if a program has ended by itself. */
  check() {
    if (this.#stopped) throw new Error('stopped')
    for (const program of this.#programs.values()) program.check()
  }

  /** Ends everything, the latest first, and removes the folder. */
  async stop() {
    this.#stopped = true
    for (const program of [...this.#programs.values()].reverse()) await program.stop()
    this.#machine.remove()
    await this.#guarded.end()
  }

  async #supervisorctl(...args) {
    await run('supervisorctl', ['-c', this.path('/etc/supervisor/supervisord.conf'), ...args], { env: environment })
  }

  /** Starts a program, which ends with the site. */
  start(name, command, ...args) {
    if (this.#stopped) throw new Error('stopped')
    // HOST and PORT are for the naive application: promhive run passes those of `bind`.
    const env = { ...environment, HOST: '127.0.0.1', PORT: String(this.#ports[8000]) }
    const options = { log: this.path(`/var/log/${name}.log`), env, cwd: this.#machine.root }
    const program = new Program(name, command, args, options)
    this.#programs.set(name, program)
    this.#guarded.program(program.pid)
  }

  async #opens(name, port) {
    const opened = until(`${name} listens on port ${this.#ports[port]}`, () => {
      this.check()
      return isOpen(this.#ports[port])
    })
    // Under supervisor, the application fails without the end of a program.
    await opened.catch((error) => {
      throw port === 8000 ? new Error(`${error.message}\n${lastLines(this.path('/var/log/shop.log'))}`) : error
    })
  }
}
