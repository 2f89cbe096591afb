'''Sequence to sequence in Keras: an encoder LSTM hands its states to a decoder; then decoding letter by letter.'''
from __future__ import print_function

from keras.models import Model
from keras.layers import Input, LSTM, Dense
import numpy as np

np.random.seed(0)
batch_size = 16
epochs = 12
latent_dim = 24

# turn a word around
letters = 'abcde'
words = [''.join(np.random.choice(list(letters), 4)) for _ in range(160)]
input_texts = words
target_texts = ['\t' + w[::-1] + '\n' for w in words]
input_characters = sorted(letters)
target_characters = sorted(letters + '\t\n')
input_token_index = dict([(char, i) for i, char in enumerate(input_characters)])
target_token_index = dict([(char, i) for i, char in enumerate(target_characters)])
num_encoder_tokens, num_decoder_tokens = len(input_characters), len(target_characters)

encoder_input_data = np.zeros((len(words), 4, num_encoder_tokens), dtype='float32')
decoder_input_data = np.zeros((len(words), 6, num_decoder_tokens), dtype='float32')
decoder_target_data = np.zeros((len(words), 6, num_decoder_tokens), dtype='float32')
for i, (input_text, target_text) in enumerate(zip(input_texts, target_texts)):
    for t, char in enumerate(input_text):
        encoder_input_data[i, t, input_token_index[char]] = 1.
    for t, char in enumerate(target_text):
        decoder_input_data[i, t, target_token_index[char]] = 1.
        if t > 0:
            decoder_target_data[i, t - 1, target_token_index[char]] = 1.

encoder_inputs = Input(shape=(None, num_encoder_tokens))
encoder = LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = Input(shape=(None, num_decoder_tokens))
decoder_lstm = LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = Dense(num_decoder_tokens, activation='softmax')
decoder_outputs = decoder_dense(decoder_outputs)
model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer='rmsprop', loss='categorical_crossentropy')
history = model.fit([encoder_input_data, decoder_input_data], decoder_target_data, batch_size=batch_size,
                    epochs=epochs, validation_split=0.2, verbose=0)
assert history.history['loss'][-1] < 0.9 * history.history['loss'][0]

encoder_model = Model(encoder_inputs, encoder_states)
decoder_state_input_h = Input(shape=(latent_dim,))
decoder_state_input_c = Input(shape=(latent_dim,))
decoder_states_inputs = [decoder_state_input_h, decoder_state_input_c]
decoder_outputs, state_h, state_c = decoder_lstm(decoder_inputs, initial_state=decoder_states_inputs)
decoder_states = [state_h, state_c]
decoder_outputs = decoder_dense(decoder_outputs)
decoder_model = Model([decoder_inputs] + decoder_states_inputs, [decoder_outputs] + decoder_states)
reverse_target_char_index = dict((i, char) for char, i in target_token_index.items())

# step by step, with the right letters given, it says what the whole model says
states_value = encoder_model.predict(encoder_input_data[:1], verbose=0)
together = model.predict([encoder_input_data[:1], decoder_input_data[:1]], verbose=0)
for t in range(6):
    output_tokens, h, c = decoder_model.predict([decoder_input_data[:1, t:t + 1]] + states_value, verbose=0)
    np.testing.assert_allclose(output_tokens[0, -1], together[0, t], rtol=1e-4, atol=1e-6)
    states_value = [h, c]


def decode_sequence(input_seq):
    states_value = encoder_model.predict(input_seq)
    target_seq = np.zeros((1, 1, num_decoder_tokens))
    target_seq[0, 0, target_token_index['\t']] = 1.
    stop_condition = False
    decoded_sentence = ''
    while not stop_condition:
        output_tokens, h, c = decoder_model.predict([target_seq] + states_value)
        sampled_token_index = np.argmax(output_tokens[0, -1, :])
        sampled_char = reverse_target_char_index[sampled_token_index]
        decoded_sentence += sampled_char
        if (sampled_char == '\n' or len(decoded_sentence) > 6):
            stop_condition = True
        target_seq = np.zeros((1, 1, num_decoder_tokens))
        target_seq[0, 0, sampled_token_index] = 1.
        states_value = [h, c]
    return decoded_sentence


print(input_texts[0], '->', decode_sequence(encoder_input_data[:1]))
