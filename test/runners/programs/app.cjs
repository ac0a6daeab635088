const { createServer } = require('node:http')
const { Counter } = require('promhive')
const { instrumentHttp } = require('promhive/http')

instrumentHttp()
exports.jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] })
exports.server = createServer((_, response) => response.end('hello\n'))
