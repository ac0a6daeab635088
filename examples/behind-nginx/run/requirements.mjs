import { spawnSync } from 'node:child_process'

const runs = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0

const programs = {
  nginx: () => runs('nginx', '-v'),
  prometheus: () => runs('prometheus', '--version'),
  supervisor: () => runs('supervisord', '--version'),
}

/** Throws one line with the packages of Debian that are missing, and the command that installs them. */
export function require(...names) {
  const missing = names.filter((name) => !programs[name]())
  if (missing.length === 0) return
  throw new Error(`missing: ${missing.join(', ')}. Install with: sudo apt-get install ${missing.join(' ')}`)
}

export const isRoot = process.getuid() === 0

/** Throws if the unprivileged user of the workers cannot run this Node.js, or cannot read this checkout. */
export function requireReadable(user, paths) {
  if (!isRoot) return
  const { uid, gid } = idsOf(user)
  const script = `for (const path of ${JSON.stringify(paths)}) require('fs').accessSync(path)`
  if (spawnSync(process.execPath, ['-e', script], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0) return
  throw new Error(
    `the workers run as ${user}, who cannot reach ${[process.execPath, ...paths].join(' or ')}: ` +
      'use a Node.js and a checkout outside of private directories, or run the example without root',
  )
}

export function idsOf(user) {
  const id = (option) => Number(spawnSync('id', [option, user], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}
