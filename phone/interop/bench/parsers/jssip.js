// Measures how fast JsSIP reads and writes the messages that come as JSON on
// standard input, {name: text}; prints [{What, Message, NS}]. What it writes
// is what it has code for: requests, and the answer to a request in place of
// a received response; as bytes, because V8 only notes what a string is to be
// joined of until somebody reads it.
'use strict';
const path = require('node:path');

const lib = path.resolve(process.argv[2], 'lib');
const Parser = require(path.join(lib, 'Parser'));
const { OutgoingRequest } = require(path.join(lib, 'SIPMessage'));
const { URI } = require(path.join(lib, 'JsSIP'));

const ua = {
  configuration: { uri: URI.parse('sip:alice@lab.test'), jssip_id: 'abcde', session_timers: true, user_agent: 'Browser/1.0' },
  contact: {},
};

// perMessage returns the processor time of one call in nanoseconds, with that
// of the garbage collector.
function perMessage(job) {
  for (let i = 0; i < 1000; i++) job(); // for the compiler
  for (let n = 100; ; n *= 2) {
    const start = process.cpuUsage();
    for (let i = 0; i < n; i++) job();
    const { user, system } = process.cpuUsage(start);
    if (user + system > 150_000) return ((user + system) * 1000) / n;
  }
}

function printer(message) {
  if (message.status_code) {
    const request = Parser.parseMessage(message.data.replace(/^.*\r\n/, 'REGISTER sip:lab.test SIP/2.0\r\n').replace(/;tag=a6a1[^\r]*/, ''), ua);
    request.server_transaction = { receiveResponse: (code, response) => Buffer.from(response) };
    const headers = [`Contact: ${message.getHeader('contact')}`, 'Server: kamailio (5.8.2 (x86_64/linux))'];
    return () => request.reply(200, 'OK', headers);
  }
  const request = new OutgoingRequest(message.method, message.ruri, ua, {
    to_uri: message.to.uri, from_tag: message.from.getParam('tag'), from_display_name: 'Alice Example', call_id: message.call_id, cseq: message.cseq,
  }, [`Contact: ${message.getHeader('contact')}`, `Content-Type: ${message.getHeader('content-type')}`], message.body);
  request.setHeader('via', message.getHeader('via'));
  return () => Buffer.from(request.toString());
}

const results = [];
for (const [name, text] of Object.entries(JSON.parse(require('node:fs').readFileSync(0, 'utf8')))) {
  const message = Parser.parseMessage(text, ua);
  if (!message) throw new Error(`${name}: JsSIP does not read it`);
  results.push({ What: 'parse', Message: name, NS: perMessage(() => Parser.parseMessage(text, ua)) });
  results.push({ What: 'print', Message: name, NS: perMessage(printer(message)) });
}
process.stdout.write(JSON.stringify(results));
