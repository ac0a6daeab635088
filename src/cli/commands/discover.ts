import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { EtcdClient } from '../../export/discovery/etcd/etcd-client.js'
import { type EtcdOptions, type EtcdSettings, etcdSettings } from '../../export/discovery/etcd/etcd-options.js'
import { TargetWatch } from '../../export/discovery/etcd/target-watch.js'
import { targetGroups } from '../../export/discovery/target-groups.js'
import { MetricsError } from '../../model/errors.js'
import { inLine } from '../../model/terminal-text.js'
import { variables } from '../../platform/environment.js'
import { held } from '../../platform/held.js'
import { absolutePath } from '../../platform/paths.js'
import { processEnvironment } from '../../platform/process-environment.js'
import type { Command } from '../command.js'
import { TargetsWriter } from '../discover/targets-writer.js'
import { type OptionTable, type ParsedOptions, parseOptions } from '../options.js'
import { print, printError } from '../output.js'

const options = {
  out: { type: 'string', short: 'o' },
  once: { type: 'boolean' },
  url: { type: 'string' },
  prefix: { type: 'string' },
  job: { type: 'string' },
  user: { type: 'string' },
  'ca-file': { type: 'string' },
  'cert-file': { type: 'string' },
  'key-file': { type: 'string' },
  grace: { type: 'string', default: '30' },
  timeout: { type: 'string', default: '5' },
} as const satisfies OptionTable

const usage = `promhive discover etcd --out FILE [--url http://127.0.0.1:2379] [--prefix /promhive/targets/] [--job NAME]
promhive discover etcd --once [the same options]

Keeps a file for Prometheus' file_sd up to date with the targets that applications announce in etcd. The file is replaced
by renaming, so Prometheus reads it complete at every moment. While etcd cannot be reached, it stays as it is.

  --out FILE     the file, such as /etc/prometheus/targets/promhive.json
  --once         write the present targets and end; without --out to standard output
  --url URL      etcd: http://host:2379, or https://; several members separated by commas (PROMHIVE_ETCD)
  --prefix KEY   the beginning of all keys (PROMHIVE_ETCD_PREFIX)
  --job NAME     only the targets of this job (PROMHIVE_ETCD_JOB)
  --user NAME    the user of etcd (PROMHIVE_ETCD_USERNAME); its password comes from PROMHIVE_ETCD_PASSWORD, because other
                 users of the machine can read command lines
  --ca-file FILE, --cert-file FILE, --key-file FILE
                 with https://: the CA of etcd's certificate, and the client's certificate and key
                 (PROMHIVE_ETCD_CA_FILE, PROMHIVE_ETCD_CERT_FILE, PROMHIVE_ETCD_KEY_FILE)
  --grace S      seconds for which targets stay in the file after etcd has lost its data; default: 30
  --timeout S    seconds to wait for an answer of etcd; default: 5

It ends with 0 when it is stopped by SIGTERM or Ctrl-C; with 1 if an option is invalid, or with --once if etcd does not
answer.`

type DiscoverValues = ParsedOptions<typeof options>['values']

export const discover: Command = {
  name: 'discover',
  summary: 'write the targets that are announced in etcd into a file for Prometheus',
  usage,
  options,
  async run(args) {
    const {
      values,
      positionals: [source],
    } = parseOptions(args, options, 1)
    if (source !== 'etcd') {
      throw new MetricsError('OPTION_INVALID', `there is only promhive discover etcd, got "${source ?? ''}"`)
    }
    const settings = settingsFrom(values)
    const prefix = settings.job === undefined ? settings.prefix : `${settings.prefix}${settings.job}/`
    const grace = numberOf('grace', values.grace!)
    const path = values.out === undefined ? undefined : absolutePath(values.out)
    if (path !== undefined) checkFolder(path)
    else if (!values.once) throw new MetricsError('OPTION_INVALID', 'which file? Name it with --out, or use --once')
    if (values.once) await held(once(settings, prefix, path))
    else await held(follow(settings, { prefix, grace }, path!))
    return 0
  },
}

async function once(settings: EtcdSettings, prefix: string, path: string | undefined): Promise<void> {
  const writer = path === undefined ? undefined : new TargetsWriter(path, { onError, onRecovered() {} })
  const client = new EtcdClient(settings)
  const watch = new TargetWatch(
    client,
    { prefix, grace: 0 },
    {
      onTargets(targets) {
        if (writer === undefined) print(targetGroups(targets()).trimEnd())
        else writer.write(targets)
      },
      onError,
      onRecovered() {},
    },
  )
  await watch.read()
  writer?.flush()
  await watch.stop()
}

async function follow(
  settings: EtcdSettings,
  { prefix, grace }: { readonly prefix: string; readonly grace: number },
  path: string,
): Promise<void> {
  const writer = new TargetsWriter(path, {
    onError,
    onRecovered: () => printError(`promhive: the targets are written to ${path} again`),
  })
  const watch = new TargetWatch(
    new EtcdClient(settings),
    { prefix, grace },
    {
      onTargets: (targets) => writer.write(targets),
      onError,
      onRecovered: () => printError('promhive: etcd answers again'),
    },
  )
  print(`promhive: writing the targets below ${prefix} in ${settings.endpoints.join(', ')} to ${path}`)
  watch.start()
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await watch.stop()
  writer.flush()
}

function onError({ code, message }: MetricsError): void {
  printError(`promhive: ${code}: ${inLine(message)}`)
}

function settingsFrom(values: DiscoverValues): EtcdSettings {
  const tls = { caFile: values['ca-file'], certFile: values['cert-file'], keyFile: values['key-file'] }
  const etcd: EtcdOptions = {
    url: values.url,
    prefix: values.prefix,
    job: values.job,
    username: values.user,
    timeout: numberOf('timeout', values.timeout!),
    tls,
  }
  const settings = etcdSettings('etcd', etcd, processEnvironment(), (option) => optionNames[option] ?? option)
  if (settings !== undefined) return settings
  throw new MetricsError('OPTION_INVALID', 'which etcd? Name it with --url http://host:2379, or set PROMHIVE_ETCD')
}

const optionNames: Readonly<Record<string, string>> = {
  url: '--url',
  prefix: '--prefix',
  job: '--job',
  username: '--user',
  password: variables.etcdPassword[0],
  timeout: '--timeout',
  caFile: '--ca-file',
  certFile: '--cert-file',
  keyFile: '--key-file',
}

function checkFolder(path: string): void {
  const folder = dirname(path)
  try {
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const text = isMissing
      ? `--out: the directory ${folder} does not exist; create it, or choose another file`
      : `--out: this user cannot write to ${folder}; change its permissions, or choose another file`
    throw new MetricsError('OPTION_INVALID', text, { cause })
  }
}

function numberOf(option: string, text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text)
  throw new MetricsError('OPTION_INVALID', `--${option} must be a number of seconds, got ${JSON.stringify(text)}`)
}
