import * as files from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRoot } from './requirements.mjs'

const example = fileURLToPath(new URL('..', import.meta.url))
export const checkout = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * A folder that stands for a machine, so that the example leaves the real one alone. The files of the example are written
 * for a real machine. Their copies in the folder have its paths, and ports that are free.
 */
export class Machine {
  root = files.mkdtempSync(join(tmpdir(), 'promhive-behind-nginx-'))
  /** /run is memory on a real machine. */
  #run = files.existsSync('/dev/shm') ? join('/dev/shm', basename(this.root)) : join(this.root, 'run')
  #ports

  /** @param ports the port that replaces each port of the files, such as `{ 8040: 8040, 9464: 12345 }` */
  constructor(ports) {
    this.#ports = ports
    files.mkdirSync(this.#run)
    // The workers' user must reach the application.
    for (const folder of this.folders) files.chmodSync(folder, 0o755)
    for (const folder of ['/etc/prometheus', '/var/log', '/var/lib/nginx'])
      files.mkdirSync(this.path(folder), { recursive: true, mode: 0o755 })
  }

  get folders() {
    return [this.root, this.#run]
  }

  /** The place of a path of the machine. */
  path(path) {
    return path.startsWith('/run/') ? join(this.#run, path.slice(5)) : join(this.root, path)
  }

  /** Copies an application of the example, with its packages as npm would install them. */
  deploy(folder, path, packages) {
    const modules = join(this.path(path), 'node_modules')
    files.cpSync(join(example, folder), this.path(path), { recursive: true })
    files.mkdirSync(join(modules, '.bin'), { recursive: true })
    for (const name of packages) files.symlinkSync(join(checkout, 'node_modules', name), join(modules, name))
    files.symlinkSync(checkout, join(modules, 'promhive'))
    files.symlinkSync('../promhive/dist/esm/cli/bin.js', join(modules, '.bin', 'promhive'))
  }

  /** Copies a file of the example, or several as one, with the paths and ports of this machine. */
  configure(file, path, addition) {
    const parts = addition === undefined ? [file] : [file, addition]
    const text = withoutPrivileges(parts.map((part) => files.readFileSync(join(example, part), 'utf8')).join(''))
      .replace(/(?<![\w.])\/(etc|run|srv|var)\/[\w/.-]+/g, (path) => this.path(path))
      .replace(/(?<=:|: |\d-)\d{4}\b/g, (port) => this.#ports[port] ?? port)
    this.write(path, text, file.endsWith('.sh') ? 0o755 : 0o644)
  }

  write(path, text, mode = 0o644) {
    files.mkdirSync(dirname(this.path(path)), { recursive: true })
    files.writeFileSync(this.path(path), text, { mode })
  }

  remove() {
    for (const folder of this.folders) files.rmSync(folder, { recursive: true, force: true })
  }
}

/** Without root, everything has the user of the example, and no file needs an owner. */
function withoutPrivileges(text) {
  if (isRoot) return text
  return text.replace(/^(user|group)[:= ].*\n/gm, '').replace(' --owner www-data:www-data', '')
}
