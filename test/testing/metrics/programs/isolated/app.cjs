// An application in CommonJS: its metrics are created when it is loaded.
const { Counter } = require('promhive')

exports.jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] })
exports.mail = exports.jobs.labels('mail')
