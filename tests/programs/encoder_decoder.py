# Encoder-decoder LSTM with inference models and attention of one's own (Keras 2)
from random import randint
from numpy import array, argmax, array_equal, zeros
from keras.utils import to_categorical
from keras.models import Model
from keras.layers import Input, LSTM, Dense
def generate_sequence(length, n_unique):
    return [randint(1, n_unique-1) for _ in range(length)]
def get_dataset(n_in, n_out, cardinality, n_samples):
    X1, X2, y = list(), list(), list()
    for _ in range(n_samples):
        source = generate_sequence(n_in, cardinality)
        target = source[:n_out]
        target.reverse()
        target_in = [0] + target[:-1]
        src_encoded = to_categorical([source], num_classes=cardinality)[0]
        tar_encoded = to_categorical([target], num_classes=cardinality)[0]
        tar2_encoded = to_categorical([target_in], num_classes=cardinality)[0]
        X1.append(src_encoded); X2.append(tar2_encoded); y.append(tar_encoded)
    return array(X1), array(X2), array(y)
def define_models(n_input, n_output, n_units):
    encoder_inputs = Input(shape=(None, n_input))
    encoder = LSTM(n_units, return_state=True)
    encoder_outputs, state_h, state_c = encoder(encoder_inputs)
    encoder_states = [state_h, state_c]
    decoder_inputs = Input(shape=(None, n_output))
    decoder_lstm = LSTM(n_units, return_sequences=True, return_state=True)
    decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
    decoder_dense = Dense(n_output, activation='softmax')
    decoder_outputs = decoder_dense(decoder_outputs)
    model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
    encoder_model = Model(encoder_inputs, encoder_states)
    decoder_state_input_h = Input(shape=(n_units,))
    decoder_state_input_c = Input(shape=(n_units,))
    decoder_states_inputs = [decoder_state_input_h, decoder_state_input_c]
    decoder_outputs, state_h, state_c = decoder_lstm(decoder_inputs, initial_state=decoder_states_inputs)
    decoder_states = [state_h, state_c]
    decoder_outputs = decoder_dense(decoder_outputs)
    decoder_model = Model([decoder_inputs] + decoder_states_inputs, [decoder_outputs] + decoder_states)
    return model, encoder_model, decoder_model
def predict_sequence(infenc, infdec, source, n_steps, cardinality):
    state = infenc.predict(source)
    target_seq = array([0.0 for _ in range(cardinality)]).reshape(1, 1, cardinality)
    output = list()
    for t in range(n_steps):
        yhat, h, c = infdec.predict([target_seq] + state)
        output.append(yhat[0,0,:])
        state = [h, c]
        target_seq = yhat
    return array(output)
n_features, n_steps_in, n_steps_out = 8 + 1, 4, 2
train, infenc, infdec = define_models(n_features, n_features, 32)
train.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['acc'])
X1, X2, y = get_dataset(n_steps_in, n_steps_out, n_features, 1500)
print(X1.shape, X2.shape, y.shape)
h = train.fit([X1, X2], y, epochs=6, verbose=2)
for _ in range(3):
    X1, X2, y = get_dataset(n_steps_in, n_steps_out, n_features, 1)
    target = predict_sequence(infenc, infdec, X1, n_steps_out, n_features)
    print('X=%s y=%s, yhat=%s' % (argmax(X1[0], 1), argmax(y[0], 1), argmax(target, 1)))
assert h.history['acc'][-1] > h.history['acc'][0]
assert target.shape == (2, 9)
train.save('s2s.h5')
from keras.models import load_model
t2 = load_model('s2s.h5')
import numpy as np
assert np.allclose(t2.predict([X1, X2]), train.predict([X1, X2]))
encoder_inputs = t2.input[0]
encoder_outputs, state_h_enc, state_c_enc = t2.layers[2].output
em = Model(encoder_inputs, [state_h_enc, state_c_enc])
assert np.allclose(em.predict(X1)[0], infenc.predict(X1)[0])
