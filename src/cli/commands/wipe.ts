import { closeSync, fchmodSync, fchownSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MetricsError } from '../../model/errors.js'
import { Slices } from '../../platform/slices.js'
import { onWindows } from '../../platform/windows.js'
import { PythonSource } from '../../store/python/python-source.js'
import { directoryInUse } from '../../store/shared/control.js'
import {
  openDirectory,
  pathThrough,
  prepareDirectory,
  refuseOtherFiles,
  wipeFiles,
} from '../../store/shared/directory.js'
import { freeName, removeQuietly } from '../../store/shared/files.js'
import { controlName } from '../../store/shared/format.js'
import { shareWith, type WorkersUser } from '../../store/shared/ownership.js'
import type { Command } from '../command.js'
import { directoryArgument } from '../directory-argument.js'
import { type OptionTable, parseOptions } from '../options.js'
import { print } from '../output.js'

const options = {
  dir: { type: 'string', short: 'd' },
  owner: { type: 'string' },
  mode: { type: 'string' },
  python: { type: 'boolean' },
  force: { type: 'boolean' },
} as const satisfies OptionTable

const usage = `promhive wipe [DIR] [--owner USER[:GROUP]] [--mode 0755] [--python] [--force]

Creates the directory if it does not exist, and removes the counts of an earlier run; other files stay. Not needed between runs: the
first process of a run does it. For entry scripts that prepare the directory as root for an unprivileged application.

  DIR                    the directory (default: PROMHIVE_DIR or PROMETHEUS_MULTIPROC_DIR); it must be named
  --owner USER[:GROUP]   its new owner, by name or number
  --mode MODE            its permissions, octal; 0700 for a new one
  --python               also removes the files of Python's client (prometheus_client), which it needs before each start
  --force                even while processes count in it: these come back with all their counts, those of dead ones
                         are lost. Also allows --owner and --mode for a directory with only other files`

export const wipe: Command = {
  name: 'wipe',
  summary: 'prepare a directory for a new run',
  usage,
  options,
  async run(args) {
    const { values, positionals } = parseOptions(args, options, 1)
    if (onWindows && (values.owner ?? values.mode) !== undefined) {
      const text = '--owner and --mode: Windows has access lists instead; set them with icacls'
      throw new MetricsError('OPTION_INVALID', text)
    }
    const directory = directoryArgument(positionals[0] ?? values.dir)
    const owner = values.owner === undefined ? undefined : ownerFrom(values.owner)
    const mode = values.mode === undefined ? undefined : modeFrom(values.mode)
    shareWith(owner)
    prepareDirectory(directory)
    const fd = openDirectory(directory)
    try {
      // Applies to the directory that was checked, even if its path leads elsewhere by now.
      const place = pathThrough(fd, directory)
      if (!values.force) refuse(directory, place, mode !== undefined || owner !== undefined)
      const stays = await wipePython(directory, place, values.python === true, values.force === true)
      freeName(join(place, controlName))
      wipeFiles(place)
      if (stays > 0) print(`promhive: ${stays} files of Python's client stay; --python removes them`)
      if (mode !== undefined) fchmodSync(fd, mode)
      if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid)
    } finally {
      closeSync(fd)
    }
    print(`promhive: ${directory} is ready for a fresh run`)
    return 0
  },
}

/** Removes the files of Python's client if that is requested; returns how many stay. */
async function wipePython(directory: string, place: string, remove: boolean, force: boolean): Promise<number> {
  const source = new PythonSource(place)
  const { writers } = await source.read(new Slices())
  const { fileNames } = source
  if (!remove) return fileNames.length
  const running = new Set(writers.filter(({ live }) => live).map(({ process }) => process))
  if (running.size > 0 && !force) {
    const text = `${directory} is in use by processes of Python's client (${[...running].join(', ')}): stop them first, or use --force`
    throw new MetricsError('DIRECTORY_UNUSABLE', text)
  }
  for (const name of fileNames) removeQuietly(join(place, name))
  return 0
}

function refuse(directory: string, place: string, changesHands: boolean): void {
  if (directoryInUse(place)) {
    throw new MetricsError('DIRECTORY_UNUSABLE', `${directory} is in use: stop the application first, or use --force`)
  }
  if (changesHands) refuseOtherFiles(directory, readdirSync(place), 'name a separate directory, or use --force')
}

function modeFrom(text: string): number {
  if (/^0?[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8)
  throw new MetricsError('OPTION_INVALID', `--mode takes octal permissions such as 0755, got ${JSON.stringify(text)}`)
}

function ownerFrom(text: string): WorkersUser {
  const [user = '', group] = text.split(':')
  const entry = entryOf('/etc/passwd', user)
  const uid = entry?.[2] ?? user
  const gid = group === undefined ? (entry?.[3] ?? uid) : (entryOf('/etc/group', group)?.[2] ?? group)
  if (/^\d+$/.test(uid) && /^\d+$/.test(gid)) return { uid: Number(uid), gid: Number(gid) }
  throw new MetricsError(
    'OPTION_INVALID',
    `--owner: there is no ${/^\d+$/.test(uid) ? `group ${group}` : `user ${user}`} on this machine`,
  )
}

function entryOf(file: string, name: string): string[] | undefined {
  const entries = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  return entries.find(([entry]) => entry === name)
}
