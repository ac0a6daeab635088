import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { provideDist, root } from './dist.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

/** Whether this system has a Docker that this user may start; `scripts/provision.mjs` installs it if permitted. */
const hasDocker =
  process.getuid?.() === 0 && ['dockerd', 'docker'].every((program) => spawnSync(program, ['--version']).status === 0)

/** A real Docker beside whichever runs on this machine: its own daemon, images and containers, on the host's network. */
export class Docker {
  private constructor(private readonly socket: string) {}

  /**
   * A Docker that runs containers of `image`, or undefined if this system runs none, such as inside of another container.
   * Then it prints the reason.
   */
  static async startWith(stage: Stage, image: string): Promise<Docker | undefined> {
    if (!hasDocker) return undefined
    try {
      const docker = await Docker.start(stage)
      docker.provideNodeImage(image)
      docker.run('run', '--rm', '--network', 'host', image, 'sh', '-c', ':')
      return docker
    } catch (error) {
      console.log(`no container runs here, left out: applications in containers: ${error}`)
      await stage.clear()
      return undefined
    }
  }

  /** Starts the daemon; the stage ends it with all its containers. */
  private static async start(stage: Stage): Promise<Docker> {
    const folder = mkdtempSync(join(tmpdir(), 'promhive-docker-'))
    const socket = join(folder, 'docker.sock')
    const options = [
      '--bridge=none',
      '--iptables=false',
      '--ip-forward=false',
      '--ip-masq=false',
      '--userland-proxy=false',
    ]
    const places = [`--data-root=${folder}/data`, `--exec-root=${folder}/exec`, `--pidfile=${folder}/pid`]
    const daemon = spawn('dockerd', [...options, ...places, '--host', `unix://${socket}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let log = ''
    daemon.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    const ended = new Promise((resolve) => daemon.once('exit', resolve))
    const docker = new Docker(socket)
    stage.after(async () => {
      if (daemon.exitCode === null) {
        const left = docker.try('ps', '--all', '--quiet').output.split('\n').filter(Boolean)
        if (left.length > 0) docker.try('rm', '--force', '--volumes', ...left)
        daemon.kill('SIGTERM')
      }
      await ended
      for (const place of mountsBelow(folder)) spawnSync('umount', [place])
      rmSync(folder, { recursive: true, force: true })
    })
    await until(
      () => {
        if (daemon.exitCode !== null) throw new Error(`dockerd ended: ${log}`)
        return docker.try('version').status === 0
      },
      (up) => up,
    )
    return docker
  }

  /** What a command prints; one that fails throws. */
  run(...args: string[]): string {
    const { status, output, errors } = this.try(...args)
    if (status !== 0) throw new Error(`docker ${args.join(' ')} ended with ${status}: ${errors}${output}`)
    return output.trim()
  }

  /**
   * Starts a container of an image that shares the host's loopback, and replaces one that had the name before; `docker
   * stop` and similar commands take its name.
   */
  container(name: string, args: readonly string[], image: string, command: readonly string[] = []): void {
    this.try('rm', '--force', '--volumes', name)
    this.run('run', '--detach', '--network', 'host', '--name', name, ...args, image, ...command)
  }

  /** What a container has printed so far. */
  logs(name: string): string {
    const { output, errors } = this.try('logs', name)
    return output + errors
  }

  /** A container's process 1, as the host numbers it; 0 when it does not run. */
  pid(name: string): number {
    return Number(this.run('inspect', '--format', '{{.State.Pid}}', name))
  }

  /** With which code a container's process 1 ended; undefined while it runs. */
  exitCode(name: string): number | undefined {
    const [running, code] = this.run('inspect', '--format', '{{.State.Running}} {{.State.ExitCode}}', name).split(' ')
    return running === 'true' ? undefined : Number(code)
  }

  /**
   * An image with this Node.js, npm and a shell, under the name of the one that a Dockerfile begins with, because the
   * registry of images is not reachable here. It contains the packed promhive as `/promhive.tgz`.
   */
  private provideNodeImage(name: string): void {
    const folder = mkdtempSync(join(tmpdir(), 'promhive-image-'))
    try {
      fillRoot(folder)
      const packed = spawnSync('tar', ['--create', '--directory', folder, '.'], { maxBuffer: 1 << 30 })
      if (packed.status !== 0) throw new Error(`tar: ${packed.stderr}`)
      const { status, stderr } = this.spawn(['import', '--change', 'ENV PATH=/usr/bin:/bin', '-', name], packed.stdout)
      if (status !== 0) throw new Error(`docker import: ${stderr}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Builds an image of a folder's Dockerfile, without any network. */
  build(name: string, folder: string): void {
    this.run('build', '--network', 'none', '--tag', name, folder)
  }

  try(...args: string[]): { status: number | null; output: string; errors: string } {
    const { status, stdout, stderr } = this.spawn(args)
    return { status, output: String(stdout), errors: String(stderr) }
  }

  private spawn(args: string[], input?: Buffer) {
    return spawnSync('docker', ['--host', `unix://${this.socket}`, ...args], {
      maxBuffer: 1 << 30,
      // The builder that needs nothing beside the daemon.
      env: { ...process.env, DOCKER_BUILDKIT: '0', DOCKER_CONFIG: dirname(this.socket) },
      ...(input !== undefined && { input }),
    })
  }
}

/** Node.js, npm, a shell, the libraries that they load, and a user `node`: the part of an image that an application uses. */
function fillRoot(folder: string): void {
  provideDist()
  for (const name of ['usr/bin', 'bin', 'tmp', 'etc', 'root']) mkdirSync(join(folder, name), { recursive: true })
  const programs = { 'usr/bin/node': process.execPath, 'bin/sh': '/bin/sh', 'usr/bin/env': '/usr/bin/env' }
  const npm = dirname(dirname(realpathSync(npmCommand())))
  cpSync(npm, join(folder, 'usr/lib/node_modules/npm'), { recursive: true })
  writeFileSync(join(folder, 'usr/bin/npm'), '#!/bin/sh\nexec node /usr/lib/node_modules/npm/bin/npm-cli.js "$@"\n', {
    mode: 0o755,
  })
  for (const [place, program] of Object.entries(programs)) {
    cpSync(realpathSync(program), join(folder, place))
    for (const library of librariesOf(program)) {
      mkdirSync(join(folder, dirname(library)), { recursive: true })
      cpSync(realpathSync(library), join(folder, library))
    }
  }
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n')
  writeFileSync(join(folder, 'etc/group'), 'root:x:0:\nnode:x:1000:\n')
  const { status, stderr } = spawnSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm pack: ${stderr}`)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  writeFileSync(join(folder, 'promhive.tgz'), readFileSync(join(folder, tarball)))
  rmSync(join(folder, tarball))
}

/** What the daemon leaves mounted when it ends: the network namespace of its containers. */
function mountsBelow(folder: string): string[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return lines
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${folder}/`))
    .reverse()
}

function npmCommand(): string {
  return spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim()
}

function librariesOf(program: string): string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' })
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path!)
}
