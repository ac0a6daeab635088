import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cleanEnvironment } from '../processes/actor.js'
import { provideDist, root } from '../processes/dist.js'
import { node24Folder } from '../processes/node24.js'
import type { Stage } from '../processes/stage.js'

const execute = promisify(execFile)

/** What the packages of this repository are, by folder. */
const ownPackages = ['.', 'packages/prom-client', 'packages/prometheus-io']

/** Folders whose installed packages are offered as they are. */
const installed = [join(node24Folder, 'node_modules'), join(root, 'node_modules')]

interface Published {
  readonly manifest: Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string }
  readonly tarball: Buffer
}

/**
 * A registry of npm on the loopback interface: the packages of this repository as they would be published, and those that
 * provisioning has installed. So npm resolves versions, peers and aliases as it does for a user, without a network.
 */
export class NpmRegistry {
  private readonly published = new Map<string, Published[]>()

  private constructor(
    private readonly folder: string,
    private readonly url: () => string,
  ) {}

  static async start(stage: Pick<Stage, 'folder' | 'after'>): Promise<NpmRegistry> {
    provideDist()
    const registry = new NpmRegistry(stage.folder(), () => url)
    const server = createServer((request, response) => {
      const answer = registry.answer(decodeURIComponent(request.url ?? '/').slice(1))
      response.writeHead(answer === undefined ? 404 : 200).end(answer)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stage.after(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    registry.publish(ownPackages.map((path) => join(root, path)))
    return registry
  }

  /** Offers folders as `npm publish` would, without their scripts. */
  private publish(paths: readonly string[]): void {
    const args = ['pack', ...paths, '--ignore-scripts', '--json', '--pack-destination', this.folder]
    const packed = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
    for (const [i, { filename }] of packed.entries()) {
      const manifest = JSON.parse(readFileSync(join(paths[i]!, 'package.json'), 'utf8'))
      this.offer({ manifest, tarball: readFileSync(join(this.folder, filename)) })
    }
  }

  /** Offers a package once more, with other fields of package.json. */
  again(name: string, fields: Pick<Published['manifest'], 'name' | 'version'>): void {
    const [{ manifest, tarball }] = this.published.get(name) as [Published]
    this.offer({ manifest: { ...manifest, ...fields }, tarball })
  }

  /** Where made packages are, by name. */
  get madeFolder(): string {
    return join(this.folder, 'made')
  }

  /** Makes a package of one file and offers it. */
  make(manifest: Published['manifest'], code: string): void {
    const folder = join(this.madeFolder, manifest.name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(folder, 'index.js'), code)
    this.offer({ manifest, tarball: tarballOf(folder) })
  }

  /** Runs npm in an application's folder; rejects with what npm printed if it fails. */
  async npm(cwd: string, ...args: readonly string[]): Promise<string> {
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--cache', join(this.folder, 'cache')]
    const { stdout } = await execute('npm', [...args, ...quiet, '--registry', this.url()], {
      cwd,
      env: { ...cleanEnvironment(), npm_config_userconfig: join(this.folder, 'npmrc') },
      encoding: 'utf8',
    })
    return stdout
  }

  private offer(published: Published): void {
    const { name } = published.manifest
    this.published.set(name, [...(this.published.get(name) ?? []), published])
  }

  private answer(path: string): string | Buffer | undefined {
    const [name, file] = path.split('/-/')
    const all = this.versionsOf(name!)
    if (file === undefined) return all && JSON.stringify(this.packument(name!, all))
    return all?.find(({ manifest }) => file === `${manifest.version}.tgz`)?.tarball
  }

  private versionsOf(name: string): readonly Published[] | undefined {
    const folder = installed.map((each) => join(each, name)).find((each) => existsSync(join(each, 'package.json')))
    if (!this.published.has(name) && folder !== undefined) {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      this.offer({ manifest, tarball: tarballOf(folder) })
    }
    return this.published.get(name)
  }

  private packument(name: string, all: readonly Published[]): object {
    const versions = all.map(({ manifest, tarball }) => {
      const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
      const dist = { tarball: `${this.url()}/${name}/-/${manifest.version}.tgz`, integrity }
      return [manifest.version, { ...manifest, dist }] as const
    })
    return { name, 'dist-tags': { latest: all[0]!.manifest.version }, versions: Object.fromEntries(versions) }
  }
}

function tarballOf(folder: string): Buffer {
  const args = ['-cz', '--exclude=./node_modules', '--transform=s,^\\.,package,', '-C', folder, '.']
  return execFileSync('tar', args, { maxBuffer: 1 << 28 })
}
