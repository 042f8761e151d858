// The other party: SIP.js, driven by the test through window.peer.
import {
  Inviter, Messager, Publisher, Registerer, RegistererState, SessionState, Subscriber, UserAgent,
} from '/node_modules/sip.js/lib/index.js';

const { note, now, watch, microphone } = window.sound;
const { state, begin, live, current, consulted, message, dropPayloads } = window.story;
const media = { constraints: microphone };
let ua = null;
let registerer = null;
let publisher = null;

const address = (text) => {
  const uri = UserAgent.makeURI(text.startsWith('sip:') ? text : `sip:${text}`);
  if (!uri) throw new Error(`no address: ${text}`);
  return uri;
};

// --- connection and registration -------------------------------------------

async function start({ server, uri, password, displayName, options, tone, aloud }) {
  await window.sound.prepare(tone, aloud);
  ua = new UserAgent({
    uri: address(uri),
    authorizationUsername: address(uri).user,
    authorizationPassword: password,
    displayName: displayName || '',
    instanceId: crypto.randomUUID(),
    instanceIdAlwaysAdded: true,
    transportOptions: { server },
    sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
    sipExtensionReplaces: 'Supported',
    sipExtension100rel: 'Supported',
    logBuiltinEnabled: false,
    logLevel: 'debug',
    logConnector: (level, category, label, content) => console.log(`${level} ${category} ${label || ''} ${content}`),
    delegate: {
      onConnect: () => { state.connected = true; note('connected'); register(); },
      onDisconnect: (error) => {
        state.connected = false;
        note(`disconnected ${error || ''}`);
        reconnect();
      },
      onInvite: (invitation) => incoming(invitation),
      onMessage: (m) => {
        message(`${m.request.from.uri}`, m.request.body, m.request.getHeader('Content-Type'));
        m.accept();
      },
    },
    ...options,
  });
  registerer = new Registerer(ua, { expires: 120 });
  registerer.stateChange.addListener((s) => {
    state.registered = s === RegistererState.Registered;
    note(`registration ${s}`);
  });
  await ua.start();
}

function register() {
  registerer.register({
    requestDelegate: {
      onAccept: () => { state.registered = true; note('registered'); },
      onReject: (r) => { state.cause = `${r.message.statusCode}`; },
    },
  }).catch((e) => note(`register: ${e}`));
}

function reconnect() {
  state.registered = false;
  const again = () => ua.reconnect().catch(() => setTimeout(again, 500));
  setTimeout(again, 500);
}

// --- calls ------------------------------------------------------------------

const causes = { 404: 'Not Found', 480: 'Unavailable', 486: 'Busy', 487: 'Canceled', 603: 'Rejected' };

// follow keeps one call's story.
function follow(session, direction, options) {
  const { call, tell } = begin(session, direction, options);
  const end = (originator, cause, status) => {
    if (call.cause) return;
    Object.assign(call, { originator, cause, status: status || 0 });
  };
  session.delegate = {
    onSessionDescriptionHandler: (handler) => {
      watch(handler.peerConnection);
      // What becomes of a refused offer SIP.js leaves to its user.
      handler.rollbackDescription = () => handler.peerConnection.setLocalDescription({ type: 'rollback' });
    },
    onBye: (bye) => { end('remote', 'Terminated'); bye.accept(); },
    onCancel: () => end('remote', 'Canceled'),
    onInvite: (request) => {
      call.reinvites += 1;
      if (!request.body) return;
      call.remoteHold = /^a=(sendonly|inactive)/m.test(request.body);
      tell(call.remoteHold ? 'hold' : 'unhold', 'remote');
    },
    onInfo: (info) => {
      const { request } = info;
      const type = request.getHeader('Content-Type');
      const key = /^application\/dtmf-relay/i.test(type) && /^Signal\s*=\s*([0-9A-D#*])/i.exec(request.body);
      if (key) call.dtmf += key[1];
      else call.info.push(`${type} ${request.body}`);
      tell('info', request.body);
      info.accept();
    },
    onMessage: (m) => { call.texts.push(m.request.body); tell('message', m.request.body); m.accept(); },
    onRefer: (referral) => {
      tell('refer', `${referral.referTo}`);
      referral.accept();
      const inviter = referral.makeInviter({ sessionDescriptionHandlerOptions: media });
      invite(inviter, {}, `${referral.referTo.uri.user}@${referral.referTo.uri.host}`);
    },
  };
  session.stateChange.addListener((s) => {
    tell(s);
    if (s === SessionState.Established) call.state = 'confirmed';
    if (s === SessionState.Terminated) {
      // Why it was refused is told after this.
      setTimeout(() => {
        end('local', 'Terminated');
        call.state = 'ended';
        tell('ended', `${call.originator} ${call.cause} ${call.status || ''}`);
      });
    }
  });
  return { call, tell, end };
}

function invite(inviter, options, peer) {
  const { call, tell, end } = follow(inviter, 'outgoing', options);
  Object.assign(call, { peer, end });
  call.at.call = now();
  return inviter.invite({
    requestDelegate: {
      onProgress: ({ message: m }) => {
        call.state = 'ringing';
        call.status = m.statusCode;
        call.early = call.early || Boolean(m.body);
        tell('progress', m.statusCode);
      },
      onReject: ({ message: m }) => end('remote', causes[m.statusCode] || 'Rejected', m.statusCode),
    },
  });
}

function call(target, options = {}) {
  const inviter = new Inviter(ua, address(target), {
    sessionDescriptionHandlerOptions: media,
    sessionDescriptionHandlerModifiers: modifiers(options),
    ...options.sipjs,
  });
  return invite(inviter, options, target);
}

function modifiers(options) {
  if (!options.dropPayloads) return [];
  return [async (d) => ({ type: d.type, sdp: dropPayloads(d.sdp, options.dropPayloads) })];
}

function incoming(invitation) {
  const { call: c, tell, end } = follow(invitation, 'incoming', {});
  c.end = end;
  c.peer = `${invitation.remoteIdentity.uri}`;
  c.displayName = invitation.remoteIdentity.displayName || '';
  c.state = 'incoming';
  tell('incoming', c.peer);
  // Who replaces a call that was answered is not to ring again.
  if (invitation.replacee) invitation.accept({ sessionDescriptionHandlerOptions: media });
}

function answer(options = {}) {
  const c = current();
  c.options = options;
  c.at.answer = now();
  window.sound.forgetFirst();
  return c.session.accept({
    sessionDescriptionHandlerOptions: media, sessionDescriptionHandlerModifiers: modifiers(options), ...options.sipjs,
  });
}

// progress sends 183 with an answer: early media.
function progress(reliable) {
  return current().session.progress({ statusCode: 183, rel100: reliable, sessionDescriptionHandlerOptions: media });
}

function terminate(options = {}, c = current()) {
  const { session } = c;
  switch (session.state) {
    case SessionState.Established:
      c.end && c.end('local', 'Terminated');
      return session.bye();
    case SessionState.Initial:
    case SessionState.Establishing:
      if (session instanceof Inviter) {
        c.end('local', 'Canceled');
        return session.cancel();
      }
      c.end('local', 'Rejected', options.status_code);
      return session.reject({ statusCode: options.status_code || 480, extraHeaders: options.extraHeaders });
    default:
      throw new Error(`INVALID_STATE_ERROR ${session.state}`);
  }
}

// accepted makes a promise of what a request's delegate is told.
const accepted = (send) => new Promise((resolve, reject) => {
  const requestDelegate = {
    onAccept: ({ message: m }) => resolve(m.statusCode),
    onReject: ({ message: m }) => reject(new Error(`${m.statusCode} ${m.reasonPhrase}`)),
  };
  Promise.resolve(send(requestDelegate)).catch(reject);
});

// quiet waits until no offer of the far end is under way: until its ACK is
// here SIP.js refuses to make one.
async function quiet(session) {
  for (let i = 0; session.pendingReinviteAck && i < 100; i++) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

async function setHold(hold) {
  const c = current();
  const { session } = c;
  await quiet(session);
  session.sessionDescriptionHandlerOptionsReInvite = { ...media, hold };
  try {
    await accepted((requestDelegate) => session.invite({ requestDelegate }));
  } catch (e) {
    session.sessionDescriptionHandlerOptionsReInvite = { ...media, hold: c.localHold };
    throw e;
  }
  c.localHold = hold;
  session.sessionDescriptionHandler.enableSenderTracks(!hold);
  note(hold ? 'hold done' : 'unhold done');
}

function sendDTMF(keys, transport) {
  const { session } = current();
  if (transport === 'RFC2833') {
    if (!session.sessionDescriptionHandler.sendDtmf(keys, { duration: 160, interToneGap: 120 })) throw new Error('refused');
    return undefined;
  }
  return [...keys].reduce((before, key) => before.then(
    () => sendInfo('application/dtmf-relay', `Signal=${key}\r\nDuration=160`),
  ), Promise.resolve());
}

function sendInfo(contentType, content) {
  const body = { contentDisposition: 'render', contentType, content };
  return accepted((requestDelegate) => current().session.info({ requestDelegate, requestOptions: { body } }));
}

// sendText sends a MESSAGE within the call.
function sendText(content) {
  const body = { contentDisposition: 'render', contentType: 'text/plain', content };
  return accepted((requestDelegate) => current().session.message({ requestDelegate, requestOptions: { body } }));
}

// refer asks the far end of a call to call the target; its NOTIFYs are kept.
function refer(c, target) {
  return accepted((requestDelegate) => c.session.refer(target, {
    requestDelegate,
    onNotify: (notification) => {
      notification.accept();
      const status = /^SIP\/2\.0 (\d+)/.exec(notification.request.body);
      if (status) c.refer = Number(status[1]);
      note(`refer ${c.refer}`);
    },
  }));
}

function attend() {
  const [waiting, talking] = consulted();
  return refer(waiting, talking.session);
}

// --- outside of calls ---------------------------------------------------------

function sendMessage(target, text) {
  return accepted((requestDelegate) => new Messager(ua, address(target), text).message({ requestDelegate }));
}

function sendOptions(target) {
  const core = ua.userAgentCore;
  const own = ua.configuration.uri;
  const request = core.makeOutgoingRequestMessage('OPTIONS', address(target), own, address(target), {});
  return accepted((requestDelegate) => { core.request(request, requestDelegate); });
}

function subscribe(target, event, accept) {
  const kept = { event, target, state: 'init', bodies: [] };
  state.subscriptions.push(kept);
  kept.handle = new Subscriber(ua, address(target), event, { expires: 300, extraHeaders: [`Accept: ${accept}`] });
  kept.handle.stateChange.addListener((s) => {
    kept.state = { Subscribed: 'active', Terminated: 'terminated' }[s] || kept.state;
    note(`subscription to ${event}: ${s}`);
  });
  kept.handle.delegate = {
    onNotify: (notification) => {
      notification.accept();
      if (notification.request.body) kept.bodies.push(notification.request.body);
      note(`notified of ${event}\n${notification.request.body}`);
    },
  };
  return kept.handle.subscribe();
}

function publish(event, contentType, body) {
  publisher = publisher || new Publisher(ua, ua.configuration.uri, event, { contentType, expires: 300 });
  return publisher.publish(body);
}

window.peer = {
  start, call, answer, terminate, sendDTMF, sendInfo, sendText, sendMessage, sendOptions, attend, subscribe, publish, progress,
  snapshot: window.story.snapshot,
  heard: window.sound.heard,
  heardSamples: window.sound.heardSamples,
  firstSound: window.sound.firstSound,
  stats: () => window.sound.stats(current().session.sessionDescriptionHandler.peerConnection),
  terminateAll: () => live().filter((c) => ![SessionState.Terminating, SessionState.Terminated].includes(c.session.state))
    .forEach((c) => terminate({}, c)),
  hold: () => setHold(true),
  unhold: () => setHold(false),
  mute: () => current().session.sessionDescriptionHandler.enableSenderTracks(false),
  unmute: () => current().session.sessionDescriptionHandler.enableSenderTracks(true),
  refer: (target) => refer(current(), address(target)),
  unsubscribe: () => state.subscriptions.at(-1).handle.unsubscribe(),
  unpublish: () => publisher && publisher.unpublish(),
  stop: () => ua && ua.stop(),
};
