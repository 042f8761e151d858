// The other party: JsSIP, driven by the test through window.peer.
'use strict';

(() => {
  const JsSIP = require('jssip');
  const { note, now, watch, microphone } = window.sound;
  const { state, begin, live, current, consulted, message, dropPayloads, redundantFirst } = window.story;
  const pcConfig = { iceServers: [] };
  let ua = null;

  async function start({ server, uri, password, displayName, options, tone, aloud }) {
    await window.sound.prepare(tone, aloud);
    ua = new JsSIP.UA(Object.assign({
      sockets: [new JsSIP.WebSocketInterface(server)],
      uri, password, display_name: displayName, register_expires: 120,
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 2,
    }, options));
    ua.on('connected', () => { state.connected = true; note('connected'); });
    ua.on('disconnected', (e) => {
      state.connected = false;
      note(`disconnected ${e.code || ''} ${e.reason || ''}`);
    });
    ua.on('registered', () => { state.registered = true; state.cause = ''; note('registered'); });
    ua.on('unregistered', () => { state.registered = false; note('unregistered'); });
    ua.on('registrationFailed', (e) => {
      state.registered = false;
      state.cause = e.cause;
      note(`registrationFailed ${e.cause}`);
    });
    ua.on('newRTCSession', ({ session, originator, request }) => {
      if (originator === 'remote') follow(session, {}, request);
    });
    ua.on('newMessage', ({ originator, request }) => {
      if (originator === 'remote') message(`${request.from.uri}`, request.body, request.getHeader('Content-Type'));
    });
    ua.start();
  }

  // follow keeps one call's story.
  function follow(session, options, request) {
    const { call, tell } = begin(session, session.direction, options);
    if (request) {
      call.peer = `${request.from.uri}`;
      call.displayName = request.from.display_name || '';
      call.state = 'incoming';
      tell('incoming', call.peer);
    }
    if (session.connection) watch(session.connection);
    else session.on('peerconnection', ({ peerconnection }) => watch(peerconnection));
    session.on('sending', () => tell('sending'));
    session.on('progress', ({ originator, response }) => {
      if (originator === 'remote') {
        call.state = 'ringing';
        call.status = response.status_code;
        call.early = call.early || Boolean(response.body);
      }
      tell('progress');
    });
    session.on('accepted', () => { tell('accepted'); });
    session.on('confirmed', () => { call.state = 'confirmed'; tell('confirmed'); });
    const end = (name) => ({ originator, message: last, cause }) => {
      call.state = 'ended';
      call.cause = cause;
      call.originator = originator;
      call.status = (last && last.status_code) || 0;
      tell(name, `${originator} ${cause} ${call.status || ''}`);
    };
    session.on('ended', end('ended'));
    session.on('failed', end('failed'));
    session.on('hold', ({ originator }) => { call[`${originator}Hold`] = true; tell('hold', originator); });
    session.on('unhold', ({ originator }) => { call[`${originator}Hold`] = false; tell('unhold', originator); });
    session.on('reinvite', () => { call.reinvites += 1; tell('reinvite'); });
    session.on('update', () => { tell('update'); });
    session.on('newDTMF', ({ originator, dtmf }) => {
      if (originator === 'remote') { call.dtmf += dtmf.tone; tell('dtmf', dtmf.tone); }
    });
    session.on('newInfo', ({ originator, info }) => {
      if (originator === 'remote') { call.info.push(`${info.contentType} ${info.body}`); tell('info', info.body); }
    });
    session.on('refer', ({ request: refer, accept }) => {
      tell('refer', `${refer.refer_to}`);
      accept((referred) => {
        follow(referred, {}, null).peer = `${refer.refer_to.uri.user}@${refer.refer_to.uri.host}`;
      }, { mediaConstraints: microphone, pcConfig });
    });
    session.on('replaces', ({ accept }) => {
      tell('replaces');
      accept((replacing) => replacing.answer({ mediaConstraints: microphone, pcConfig }));
    });
    session.on('sdp', (e) => {
      if (e.type === 'offer' && call.options.dropPayloads) {
        e.sdp = dropPayloads(e.sdp, call.options.dropPayloads);
      }
      if (call.options.redundant) {
        if (e.originator === 'remote') e.sdp = redundantFirst(e.sdp);
        if (session.connection) order(session.connection, ['red', 'opus']);
      }
      note(`sdp ${e.originator} ${e.type}\n${e.sdp}`);
    });
    for (const name of ['getusermediafailed', 'peerconnection:createofferfailed', 'peerconnection:createanswerfailed',
      'peerconnection:setlocaldescriptionfailed', 'peerconnection:setremotedescriptionfailed']) {
      session.on(name, (e) => note(`${name} ${e && e.message ? e.message : e}`));
    }
    return call;
  }

  async function call(target, options = {}) {
    const session = ua.call(target, {
      mediaConstraints: microphone, pcConfig,
      eventHandlers: { peerconnection: () => {} },
      ...options.jssip,
    });
    const c = follow(session, options, null);
    c.peer = target;
    c.at.call = now();
  }

  function answer(options = {}) {
    const c = current();
    c.options = options;
    c.at.answer = now();
    window.sound.forgetFirst();
    c.session.answer({ mediaConstraints: microphone, pcConfig, ...options.jssip });
  }

  function turn(what, options = {}) {
    return new Promise((resolve, reject) => {
      const { session } = current();
      session.on('ended', ({ cause }) => reject(new Error(`${what}: ended, ${cause}`)));
      if (!session[what](options, () => { note(`${what} done`); resolve(); })) {
        reject(new Error(`${what} refused`));
      }
    });
  }

  // order has a connection name other codecs first.
  function order(connection, names) {
    const all = RTCRtpReceiver.getCapabilities('audio').codecs;
    const first = names.flatMap((name) => all.filter((c) => c.mimeType.toLowerCase() === `audio/${name.toLowerCase()}`));
    const codecs = [...first, ...all.filter((c) => !first.includes(c))];
    connection.getTransceivers().forEach((t) => t.setCodecPreferences(codecs));
  }

  // prefer makes a new offer with other codecs first.
  function prefer(names) {
    order(current().session.connection, names);
    return turn('renegotiate');
  }

  function sendDTMF(tones, transportType) {
    current().session.sendDTMF(tones, { transportType, duration: 160, interToneGap: 120 });
  }

  // settled are the handlers that end a promise with the status of the answer.
  const settled = (resolve, reject) => ({
    succeeded: ({ response }) => resolve(response.status_code),
    failed: ({ response, cause }) => reject(new Error(`${cause} ${response ? response.status_code : ''}`)),
  });

  function sendMessage(target, text, options = {}) {
    return new Promise((resolve, reject) => {
      ua.sendMessage(target, text, { ...options, eventHandlers: settled(resolve, reject) });
    });
  }

  function sendOptions(target) {
    return new Promise((resolve, reject) => {
      ua.sendOptions(target, null, { eventHandlers: settled(resolve, reject) });
    });
  }

  function sendInfo(type, body) {
    return new Promise((resolve, reject) => {
      const { session } = current();
      session.once('newInfo', ({ info }) => {
        const { succeeded, failed } = settled(resolve, reject);
        info.on('succeeded', succeeded);
        info.on('failed', failed);
      });
      session.sendInfo(type, body);
    });
  }

  // sendText sends a MESSAGE within the call.
  function sendText(body) {
    return new Promise((resolve, reject) => {
      current().session.sendRequest('MESSAGE', {
        body,
        extraHeaders: ['Content-Type: text/plain'],
        eventHandlers: {
          onSuccessResponse: () => resolve(),
          onErrorResponse: ({ status_code }) => reject(new Error(`${status_code}`)),
          onTransportError: () => reject(new Error('transport')),
          onRequestTimeout: () => reject(new Error('timeout')),
          onDialogError: () => reject(new Error('dialog')),
        },
      });
    });
  }

  // refer asks the far end of a call to call the target; its NOTIFYs are kept.
  function refer(c, target, options = {}) {
    return new Promise((resolve, reject) => {
      const told = ({ status_line }) => { c.refer = status_line.status_code; note(`refer ${c.refer}`); };
      c.session.refer(target, {
        ...options,
        eventHandlers: {
          requestSucceeded: () => resolve(),
          requestFailed: ({ response, cause }) => reject(new Error(`REFER: ${cause} ${response ? response.status_code : ''}`)),
          trying: told, progress: told, accepted: told, failed: told,
        },
      });
    });
  }

  function attend() {
    const [waiting, talking] = consulted();
    return refer(waiting, talking.session.remote_identity.uri, { replaces: talking.session });
  }

  function subscribe(target, event, accept) {
    const kept = { event, target, state: 'init', bodies: [] };
    state.subscriptions.push(kept);
    kept.handle = ua.subscribe(target, event, accept, { expires: 300 });
    for (const name of ['pending', 'active', 'terminated']) {
      kept.handle.on(name, (why) => { kept.state = name; note(`subscription to ${event}: ${name} ${why === undefined ? '' : why}`); });
    }
    kept.handle.on('notify', (final, request, body) => { kept.bodies.push(body); note(`notified of ${event}\n${body}`); });
    kept.handle.subscribe();
  }

  JsSIP.debug.enable('JsSIP:*');
  window.peer = {
    start, call, answer, sendDTMF, sendMessage, sendOptions, sendInfo, sendText, attend, subscribe,
    snapshot: window.story.snapshot,
    heard: window.sound.heard,
    heardSamples: window.sound.heardSamples,
    firstSound: window.sound.firstSound,
    stats: () => window.sound.stats(current().session.connection),
    terminate: (options) => current().session.terminate(options),
    terminateAll: () => live().filter((c) => !c.session.isEnded()).forEach((c) => c.session.terminate()),
    prefer,
    hold: () => turn('hold'),
    unhold: () => turn('unhold'),
    holdByUpdate: (on) => turn(on ? 'hold' : 'unhold', { useUpdate: true }),
    mute: () => current().session.mute({ audio: true }),
    unmute: () => current().session.unmute({ audio: true }),
    refer: (target) => refer(current(), target),
    unsubscribe: () => state.subscriptions.at(-1).handle.terminate(),
    stop: () => ua && ua.stop(),
  };
})();
