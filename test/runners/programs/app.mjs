import { createServer } from 'node:http'
import { Counter } from 'promhive'
import { instrumentHttp } from 'promhive/http'

instrumentHttp()
export const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] })
export const server = createServer((_, response) => response.end('hello\n'))
