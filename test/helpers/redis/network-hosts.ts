import { spawnSync } from 'node:child_process'
import type { Stage } from '../processes/stage.js'

/** Network namespaces as hosts: each has an address of its own, a way to this one, and none to the others. */
export class NetworkHosts {
  private constructor(readonly hosts: readonly NetworkHost[]) {}

  /** Whether this user may make them, and the system knows how. */
  static possible(): boolean {
    const name = `promhive-${process.pid}-t`
    const made = run('ip', 'netns', 'add', name)
    // A namespace may be had and no interface in it: some containers are so.
    const linked =
      made &&
      run('ip', 'link', 'add', `pt${process.pid % 10000}`, 'type', 'veth', 'peer', 'name', `pu${process.pid % 10000}`)
    if (linked) run('ip', 'link', 'del', `pt${process.pid % 10000}`)
    if (made) run('ip', 'netns', 'del', name)
    return linked
  }

  static make(stage: Stage, count: number): NetworkHosts {
    // Files that run at the same time have networks of their own: 6,000 processes differ, with at most four hosts each.
    const [net, block] = [100 + (process.pid % 100), 4 * (Math.floor(process.pid / 100) % 60)]
    const hosts = Array.from({ length: count }, (_, i) => {
      const name = `promhive-${process.pid}-${i}`
      const [outside, inside] = [`ph${process.pid % 10000}o${i}`, `ph${process.pid % 10000}i${i}`]
      stage.after(() => {
        run('ip', 'netns', 'del', name)
        run('ip', 'link', 'del', outside)
      })
      must('ip', 'netns', 'add', name)
      must('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', inside)
      must('ip', 'link', 'set', inside, 'netns', name)
      must('ip', 'addr', 'add', `10.${net}.${block + i}.1/24`, 'dev', outside)
      must('ip', 'link', 'set', outside, 'up')
      must('ip', '-n', name, 'addr', 'add', `10.${net}.${block + i}.2/24`, 'dev', inside)
      must('ip', '-n', name, 'link', 'set', inside, 'up')
      must('ip', '-n', name, 'link', 'set', 'lo', 'up')
      return new NetworkHost(name, `10.${net}.${block + i}.1`, outside)
    })
    return new NetworkHosts(hosts)
  }
}

export class NetworkHost {
  constructor(
    private readonly name: string,
    /** Where the host finds this one. */
    readonly gateway: string,
    private readonly link: string,
  ) {}

  /** The command in front of one that runs on the host. */
  get wrapper(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name]
  }

  /** Pulls the cable out, or puts it back. */
  connect(connected: boolean): void {
    must('ip', 'link', 'set', this.link, connected ? 'up' : 'down')
  }
}

function must(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
