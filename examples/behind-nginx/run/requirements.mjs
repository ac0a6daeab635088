import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'

export const isRoot = process.getuid() === 0

/**
 * The environment of all programs. It has nothing of the user's own, because a variable of promhive would change what is
 * shown. Debian has nginx in /usr/sbin, which only root has in PATH.
 */
export const environment = { PATH: `${dirname(process.execPath)}:${process.env.PATH}:/usr/sbin` }

/** What shows that a package of Debian is installed. */
const programs = {
  nginx: ['nginx', '-v'],
  prometheus: ['prometheus', '--version'],
  supervisor: ['supervisord', '--version'],
  'etcd-server': ['etcd', '--version'],
}

/** @returns {string[]} those of the packages that are missing */
export function missing(names) {
  const env = { PATH: `${process.env.PATH}:/usr/sbin` }
  return names.filter((name) => {
    const [program, option] = programs[name]
    return spawnSync(program, [option], { stdio: 'ignore', env }).status !== 0
  })
}

/** Why the files of the example cannot be used in this folder: a shell script and nginx's settings contain its path. */
export function unquotable(folder) {
  if (/^[\w./-]+$/.test(folder)) return undefined
  return `the files of the example need a folder whose path has only letters, digits, ".", "_" and "-", got "${folder}": set TMPDIR`
}

/** Why the workers cannot run as this user; undefined if they can, or if they run as the user of the example. */
export function unreachable(user, checkout) {
  if (!isRoot) return undefined
  const id = (option) => Number(spawnSync('id', [option, user], { encoding: 'utf8' }).stdout || Number.NaN)
  if (Number.isNaN(id('-u')))
    return `the workers run as ${user}, and this system has no such user: start the example without root`
  const script = 'fs.accessSync(process.argv[1])'
  const options = { uid: id('-u'), gid: id('-g'), cwd: '/', stdio: 'ignore', env: environment }
  if (spawnSync(process.execPath, ['-e', script, `${checkout}package.json`], options).status === 0) return undefined
  return `the workers run as ${user}, who cannot read ${process.execPath} or ${checkout}: start the example without root, or use a Node.js and a checkout that all users can read`
}
